import { bytesOf, hmac, isEqual } from "./bytes.js";
import { BadSignature } from "./errors.js";
import { FORMATS, type WireFormat, detect } from "./formats.js";
import { type HeadersLike, required } from "./headers.js";
import type { Proof, Scheme } from "./schemes.js";

/**
 * One secret, or several while a secret is changed. It may be undefined, as what an environment
 * holds may be; then nothing is verified, and a TypeError says so.
 */
export type Secrets = string | readonly string[] | undefined;

export interface Rules {
  /** Accept only this wire format. By default the headers say which it is. */
  readonly wireFormat?: WireFormat;
  /** How old a request may be, in seconds, where its time is signed: 300 by default. */
  readonly tolerance?: number;
  /** The time, in Unix seconds. */
  readonly now?: number;
}

export interface Subject {
  readonly type: string;
  readonly id: string;
}

/** A delivery whose signature is right. */
export interface Received<Type extends string = string, Data = unknown> {
  readonly wireFormat: WireFormat;
  /** The same on each try. Drop ids that you have seen. */
  readonly deliveryId: string;
  /** Where the format names it, otherwise null; so for all that follow. */
  readonly eventId: string | null;
  /** As it was sent: in the format `pollybot`, `lead.captured` is `LEAD_CREATED`. */
  readonly type: Type;
  readonly occurredAt: Date | null;
  /** What the event is about. */
  readonly subject: Subject | null;
  readonly data: Data;
  /** The whole JSON of the request. */
  readonly payload: unknown;
}

/**
 * Check a request and read it. `body` is what arrived, byte for byte, before any JSON is parsed.
 *
 * Throws `BadSignature` for a request to refuse, and TypeError for a mistake of the caller.
 */
export async function verify(
  secret: Secrets,
  headers: HeadersLike,
  body: string | Uint8Array | ArrayBuffer,
  rules: Rules = {},
): Promise<Received> {
  const secrets = usable(secret);
  const raw = rawBytes(body);
  const wireFormat = rules.wireFormat ?? detect(headers);
  if (wireFormat === null) throw new BadSignature("unsigned", "No header has a signature.");
  const { scheme, read } = formatOf(wireFormat);
  const deliveryId = required(headers, scheme.idHeader);
  const proof = scheme.proof(headers);
  checkAge(proof, rules);
  await checkMatch(scheme, secrets, proof, raw);
  const payload = json(raw);
  const { type, occurredAt, eventId, subject, data } = read(payload, headers);
  return {
    wireFormat,
    deliveryId,
    eventId: typeof eventId === "string" ? eventId : null,
    type: String(type),
    occurredAt: moment(occurredAt),
    subject: subjectOf(subject),
    data,
    payload,
  };
}

/** So that a setting that is missing can never mean that every request is genuine. */
export function usable(secret: Secrets): readonly string[] {
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (!secrets?.length || secrets.some((one) => typeof one !== "string" || !one)) {
    throw new TypeError("The signing secret is missing. Is its environment variable set?");
  }
  return secrets;
}

function formatOf(name: WireFormat) {
  const names = Object.keys(FORMATS);
  if (names.includes(name)) return FORMATS[name];
  throw new TypeError(`The wire format is one of: ${names.join(", ")}. Others are not signed.`);
}

function rawBytes(body: unknown): Uint8Array {
  if (typeof body === "string") return bytesOf(body);
  if (body instanceof Uint8Array) return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError(
    "The body must be the bytes as they arrived, not parsed JSON. " +
      "Read it before a middleware such as express.json() does.",
  );
}

function checkAge({ signedAt }: Proof, rules: Rules): void {
  if (signedAt === null) return;
  const { tolerance = 300, now = Math.floor(Date.now() / 1000) } = rules;
  if (now - signedAt > tolerance) {
    const message = `It was signed ${now - signedAt} seconds ago; ${tolerance} are allowed.`;
    throw new BadSignature("too-old", message);
  }
  if (signedAt - now > tolerance) {
    const message = `Its timestamp is ${signedAt - now} seconds in the future. Is a clock wrong?`;
    throw new BadSignature("in-future", message);
  }
}

async function checkMatch(
  scheme: Scheme,
  secrets: readonly string[],
  { signatures, prefix }: Proof,
  raw: Uint8Array,
): Promise<void> {
  for (const secret of secrets) {
    const expected = await hmac(scheme.keyOf(secret), bytesOf(prefix), raw);
    if (signatures.some((one) => isEqual(one, expected))) return;
  }
  const message = "Signature mismatch: wrong secret, or the body was altered in transit.";
  throw new BadSignature("mismatch", message);
}

function json(raw: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
      return parsed as Record<string, unknown>;
    }
  } catch {
    // said below
  }
  throw new BadSignature("not-json", "The body is not a JSON object.");
}

function moment(value: unknown): Date | null {
  const at = typeof value === "number" ? new Date(value * 1000) : new Date(String(value));
  return Number.isNaN(at.getTime()) ? null : at;
}

function subjectOf(value: unknown): Subject | null {
  if (typeof value === "string") {
    const [, type, id] = /^([^/]*)\/(.*)$/s.exec(value) ?? [];
    return type !== undefined && id !== undefined ? { type, id } : null;
  }
  const { type, id } = (value ?? {}) as Partial<Subject>;
  return typeof type === "string" && typeof id === "string" ? { type, id } : null;
}
