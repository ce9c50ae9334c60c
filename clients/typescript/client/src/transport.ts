// Sends requests, again where that is harmless, and turns answers into results or errors.

import { Deadline, sleep } from "./deadline.js";
import {
  ConnectionFailed,
  type HooklineError,
  NotFound,
  UnexpectedAnswer,
  problemOf,
} from "./errors.js";
import { type Page, Pages } from "./pages.js";
import { queryOf } from "./query.js";
import { type RetryRules, delayOf, isPassing, isRepeatable, secondsOf } from "./retry.js";
import type { Address } from "./settings.js";

export interface Rules extends RetryRules {
  /** How long one attempt may take, in seconds, besides what `wait` asks for: 30 by default. */
  readonly timeout?: number;
  /** Another `fetch`, such as one with a proxy. */
  readonly fetch?: typeof fetch;
}

/** The options of a call: what the query has, the headers, `signal`. */
type Options = object;
type Known = {
  signal?: AbortSignal;
  idempotencyKey?: string;
  ifMatch?: string;
  onlyIfNew?: boolean;
  wait?: number;
};

type Result<Answer> = { answer: Answer } | { error: HooklineError };

const VERSION = "0.1.0";
const etags = new WeakMap<object, string>();

/** The ETag of an object that was read by itself, for `ifMatch`. */
export function etagOf(object: object): string {
  const found = etags.get(object);
  if (found === undefined) throw new TypeError("This object has no ETag: read it with get() first.");
  return found;
}

export class Transport {
  constructor(
    private readonly address: Address,
    private readonly rules: Rules,
  ) {}

  pages<Item>(
    method: string,
    path: string,
    options: Options,
    query: readonly string[],
  ): Pages<Item> {
    return new Pages((cursor) => {
      const page = cursor === null ? options : { ...options, cursor };
      return this.send<Page<Item>>(method, path, page, query);
    });
  }

  async send<Answer>(
    method: string,
    path: string,
    options: Options,
    query: readonly string[],
    body?: unknown,
    keyed = true,
  ): Promise<Answer> {
    const known = options as Known;
    const headers = this.headersOf(method, known, body, keyed);
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
    const url = `${this.address.url}${path}${queryOf(options as Record<string, unknown>, query)}`;
    const repeatable = isRepeatable(method, headers);
    let waited = 0;
    for (let attempt = 1; ; attempt++) {
      const result = await this.attempt<Answer>(url, init, known);
      if (!("error" in result)) return result.answer;
      const { error } = result;
      // The answer to an earlier attempt was lost, and that one deleted it.
      if (method === "DELETE" && attempt > 1 && error instanceof NotFound) return undefined as Answer;
      if (!isPassing(error, repeatable)) throw error;
      const delay = delayOf(this.rules, attempt, error.retryAfter, waited);
      if (delay === null) throw error;
      waited += delay;
      await sleep(delay, known.signal);
    }
  }

  /** Without `keyed` a repeat would act again. */
  private headersOf(
    method: string,
    known: Known,
    body: unknown,
    keyed: boolean,
  ): Record<string, string> {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.address.apiKey}`,
      "User-Agent": `hookline-typescript/${VERSION}`,
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method === "POST" && keyed) {
      headers["Idempotency-Key"] = known.idempotencyKey ?? crypto.randomUUID();
    }
    if (known.ifMatch !== undefined) headers["If-Match"] = known.ifMatch;
    if (known.onlyIfNew) headers["If-None-Match"] = "*";
    return headers;
  }

  /** Throws only what the caller's own signal says. */
  private async attempt<Answer>(
    url: string,
    init: RequestInit,
    known: Known,
  ): Promise<Result<Answer>> {
    const { timeout = 30, fetch = globalThis.fetch } = this.rules;
    const deadline = new Deadline(timeout + (known.wait ?? 0), known.signal);
    try {
      const response = await fetch(url, { ...init, redirect: "manual", signal: deadline.signal });
      return await read<Answer>(response);
    } catch (error) {
      known.signal?.throwIfAborted();
      const why = deadline.passed ? `none within ${deadline.seconds} seconds` : reasonOf(error);
      return { error: new ConnectionFailed(`No answer from ${this.address.url}: ${why}.`) };
    } finally {
      deadline.clear();
    }
  }
}

async function read<Answer>(response: Response): Promise<Result<Answer>> {
  const { status, headers } = response;
  const text = await response.text();
  if (status === 204) return { answer: undefined as Answer };
  const retryAfter = secondsOf(headers.get("retry-after"));
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const to = headers.get("location") ?? "another address";
    const why = `it leads to ${to}. Is the base URL right?`;
    return { error: new UnexpectedAnswer(status, why, retryAfter) };
  }
  const parsed = objectIn(text);
  const isProblem = (headers.get("content-type") ?? "").startsWith("application/problem+json");
  if (parsed === null || status >= 400 !== isProblem) {
    return { error: new UnexpectedAnswer(status, text, retryAfter) };
  }
  if (isProblem) return { error: problemOf(status, parsed, retryAfter) };
  const etag = headers.get("etag");
  if (etag !== null) etags.set(parsed, etag);
  return { answer: parsed as Answer };
}

function objectIn(text: string): object | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" ? parsed : null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const words = [cause, error].map((one) => (one instanceof Error ? one.message : ""));
  return words.find(Boolean) ?? String(error);
}
