/** A client of Hookline's API. */

import { Operations } from "./operations.js";
import { type Settings, addressOf } from "./settings.js";
import { type Rules, Transport } from "./transport.js";

export * from "./errors.js";
export { type Page, Pages } from "./pages.js";
export { etagOf } from "./transport.js";
export type { Call, Conditional, Keyed, Put } from "./resource.js";
export type { Rules, Settings };
export * from "./types.js";
// The class of an error, not the members of an answer.
export { Problem } from "./errors.js";

/** `new Hookline({ apiKey, baseUrl })`; both can come from the environment. */
export class Hookline extends Operations {
  constructor(options: Settings & Rules = {}) {
    super(new Transport(addressOf(options), options));
  }
}
