/** Why a request was refused. */
export type Reason =
  | "missing-header"
  | "malformed"
  | "too-old"
  | "in-future"
  | "mismatch"
  | "unsigned"
  | "not-json";

/** The request does not verify. The message says why, in a sentence without secrets. */
export class BadSignature extends Error {
  override readonly name = "BadSignature";

  constructor(
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
  }
}
