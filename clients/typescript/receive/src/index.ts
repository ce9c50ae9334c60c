/** Verifies webhooks that Hookline sends, and drops repeats. */

import type { EventTypes } from "./events.js";
import type { Received } from "./verify.js";

export { BadSignature, type Reason } from "./errors.js";
export type { EventTypes } from "./events.js";
export { type WireFormat, detect } from "./formats.js";
export type { Answer, Handler, Options } from "./handling.js";
export type { HeadersLike } from "./headers.js";
export * from "./stores.js";
export { type Received, type Rules, type Secrets, type Subject, verify } from "./verify.js";

/** Whether it is of this type; then TypeScript knows the members of its `data`. */
export function is<Type extends keyof EventTypes & string>(
  event: Received,
  type: Type,
): event is Received<Type, EventTypes[Type]> {
  return event.type === type;
}
