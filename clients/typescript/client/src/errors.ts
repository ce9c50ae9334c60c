// What can go wrong. All of them are a `HooklineError`.

import type { Fault, Problem as Members, ProblemKind } from "./types.js";

export class HooklineError extends Error {
  /** How many seconds the server asks to wait. */
  readonly retryAfter: number | null = null;

  override get name(): string {
    return this.constructor.name;
  }
}

/** No key, or an invalid address. */
export class SettingsError extends HooklineError {}

/** No answer came, after all retries. What was asked may have happened all the same. */
export class ConnectionFailed extends HooklineError {}

/** An answer that does not come from the API, such as a proxy's page. */
export class UnexpectedAnswer extends HooklineError {
  constructor(
    readonly status: number,
    text: string,
    override readonly retryAfter: number | null,
  ) {
    super(`The answer ${status} is not from the API: ${text.slice(0, 200)}`);
  }
}

/** The API refused a request (RFC 9457). `kind` is stable, the message is for people. */
export class Problem extends HooklineError {
  readonly kind: ProblemKind | (string & {});
  readonly title: string;
  readonly detail: string;
  /** Each fault of the request, and where it is. */
  readonly errors: readonly Fault[];
  /** The operator finds the request in the log by it. */
  readonly requestId: string | null;

  constructor(
    readonly status: number,
    members: Partial<Members>,
    override readonly retryAfter: number | null,
  ) {
    super(members.detail ?? members.title ?? `The answer was ${status}.`);
    this.kind = (members.type ?? "").split("#")[1] ?? "";
    this.title = members.title ?? "";
    this.detail = members.detail ?? "";
    this.errors = members.errors ?? [];
    this.requestId = members.request_id ?? null;
  }
}

/** The request is not what the API reads: 400, 405, 408, 413 or 415. */
export class BadRequest extends Problem {}
/** The key is unknown, revoked or expired. */
export class Unauthorized extends Problem {}
/** The key may not do that. */
export class Forbidden extends Problem {}
/** The key lacks the scope that the message names. */
export class InsufficientScope extends Forbidden {}
/** The plan of the organisation allows no more of it. */
export class PlanLimit extends Forbidden {}
/** Nothing with that id exists in this organisation and mode. */
export class NotFound extends Problem {}
/** The current state does not allow it; the message says what would help. */
export class Conflict extends Problem {}
/** The first request with this key still runs, or its answer was lost. */
export class IdempotencyKeyInUse extends Conflict {}
/** Someone changed the object since you read it. */
export class ChangedMeanwhile extends Problem {
  /** How it is now. */
  readonly current: Record<string, unknown>;

  constructor(status: number, members: Partial<Members>, retryAfter: number | null) {
    super(status, members, retryAfter);
    this.current = members.current ?? {};
  }
}
/** `errors` says what is wrong with the request, and where. */
export class Invalid extends Problem {}
/** The key or id was used before, for something else. */
export class IdempotencyKeyReused extends Invalid {}
/** A webhook sends events back to Hookline. */
export class LoopDetected extends Invalid {}
/** Too many requests: wait for `retryAfter` seconds, or send batches. */
export class RateLimited extends Problem {}
/** Hookline failed; try again. */
export class ServerError extends Problem {}
/** The database does not answer; what was asked may have been stored. */
export class Unavailable extends ServerError {}

const BY_KIND: Readonly<Record<string, typeof Problem>> = {
  "insufficient-scope": InsufficientScope,
  "plan-limit": PlanLimit,
  "idempotency-key-in-use": IdempotencyKeyInUse,
  "idempotency-key-reused": IdempotencyKeyReused,
  "loop-detected": LoopDetected,
};
const BY_STATUS: Readonly<Record<number, typeof Problem>> = {
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  412: ChangedMeanwhile,
  422: Invalid,
  429: RateLimited,
  503: Unavailable,
};

/** New kinds of problems get the class of their status. */
export function problemOf(
  status: number,
  members: Partial<Members>,
  retryAfter: number | null,
): Problem {
  const kind = (members.type ?? "").split("#")[1] ?? "";
  const fallback = status >= 500 ? ServerError : BadRequest;
  return new (BY_KIND[kind] ?? BY_STATUS[status] ?? fallback)(status, members, retryAfter);
}
