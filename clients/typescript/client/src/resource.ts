import type { Transport } from "./transport.js";

/** What every call takes besides its own options. */
export interface Call {
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface Keyed extends Call {
  /** Makes a repeat harmless, also by another process. By default each call makes its own. */
  readonly idempotencyKey?: string;
}

export interface Conditional extends Call {
  /** Only if nobody changed it since: what `etagOf` says of the object that you read. */
  readonly ifMatch?: string;
}

export interface Put extends Conditional {
  /** Only if there is none yet. */
  readonly onlyIfNew?: boolean;
}

export abstract class Resource {
  constructor(protected readonly transport: Transport) {}
}

/** An id as a part of a path. */
export function segment(id: string): string {
  if (["", ".", "..", undefined].includes(id)) throw new TypeError(`'${id}' is not an id.`);
  return encodeURIComponent(id);
}
