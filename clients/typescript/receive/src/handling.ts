// What every adapter does with a request: verify, drop repeats, handle, answer.

import { BadSignature } from "./errors.js";
import { type HeadersLike, header } from "./headers.js";
import { type Store, memoryStore } from "./stores.js";
import { type Received, type Rules, type Secrets, verify } from "./verify.js";

export interface Options extends Rules {
  /** The signing secret, or several while it is changed. */
  readonly secret: Secrets;
  /** Where handled ids are remembered: in this process by default. */
  readonly store?: Store;
  /** The longest body, in bytes: 1 MiB by default. */
  readonly largestBody?: number;
}

/**
 * It may throw, or return a `Response` or anything else with a `status` of 400 or more: then the
 * delivery counts as failed, and Hookline sends it again.
 */
export type Handler = (event: Received) => unknown;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** When a repeat of a delivery that is being handled comes again, in seconds. */
const LATER = { "Retry-After": "60" };

/** The body of a request is longer than the limit. */
export class TooLong extends Error {}

export type ReadBody = (limit: number) => Promise<string | Uint8Array>;

/** Answers requests. It throws what the handler throws, and TypeError without a secret. */
export function answering(options: Options, handler: Handler) {
  const { secret, store = memoryStore(), largestBody = 2 ** 20, ...rules } = options;

  async function handled(event: Received): Promise<Answer> {
    const { deliveryId } = event;
    const token = crypto.randomUUID();
    const state = await store.claim(deliveryId, token);
    if (state === "done") return { status: 200, text: "It was handled before." };
    if (state === "busy") return { status: 503, text: "It is being handled.", headers: LATER };
    try {
      const status = statusOf(await handler(event));
      if (status >= 400) {
        await store.release(deliveryId, token);
        return { status, text: "" };
      }
    } catch (error) {
      await store.release(deliveryId, token);
      throw error;
    }
    await store.finish(deliveryId, token);
    return { status: 204, text: "" };
  }

  return async (headers: HeadersLike, readBody: ReadBody): Promise<Answer> => {
    try {
      if (Number(header(headers, "content-length")) > largestBody) throw new TooLong();
      const body = await readBody(largestBody);
      return await handled(await verify(secret, headers, body, rules));
    } catch (error) {
      if (error instanceof TooLong) return { status: 413, text: "The body is too long." };
      if (error instanceof BadSignature) return { status: 400, text: error.message };
      throw error;
    }
  };
}

function statusOf(result: unknown): number {
  const { status } = (result ?? {}) as { readonly status?: unknown };
  return typeof status === "number" ? status : 204;
}
