// Whether a request is sent again, and after how long.

import {
  ConnectionFailed,
  type HooklineError,
  IdempotencyKeyInUse,
  Problem,
  RateLimited,
  UnexpectedAnswer,
} from "./errors.js";

export interface RetryRules {
  /** More attempts after the first: 4 by default. */
  readonly retries?: number;
  /** The longest wait for the server, in seconds in all: 60 by default. */
  readonly patience?: number;
}

const FIRST = 0.25;
const LONGEST = 8;
const PASSING = [500, 502, 503, 504];

/** Seconds until the next attempt, or null to give up. `attempt` counts from 1. */
export function delayOf(
  rules: RetryRules,
  attempt: number,
  retryAfter: number | null,
  waited: number,
): number | null {
  const { retries = 4, patience = 60 } = rules;
  if (attempt > retries) return null;
  const backoff = Math.min(LONGEST, FIRST * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  const wanted = Math.max(backoff, retryAfter ?? 0);
  return waited + wanted <= patience ? wanted : null;
}

/**
 * Whether a request whose answer was lost may be sent again. With a condition it may not: it
 * would be refused, because the first one changed the object.
 */
export function isRepeatable(method: string, headers: Readonly<Record<string, string>>): boolean {
  if ("If-Match" in headers || "If-None-Match" in headers) return false;
  return method !== "POST" || "Idempotency-Key" in headers;
}

/** Whether the same request can succeed a little later. */
export function isPassing(error: HooklineError, repeatable: boolean): boolean {
  if (error instanceof RateLimited) return error.kind !== "daily-limit";
  if (error instanceof ConnectionFailed || error instanceof IdempotencyKeyInUse) return repeatable;
  const isAnswer = error instanceof Problem || error instanceof UnexpectedAnswer;
  return repeatable && isAnswer && PASSING.includes(error.status);
}

/** `Retry-After` in seconds, from seconds or from a date. */
export function secondsOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^[0-9]+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max((at - Date.now()) / 1000, 0);
}
