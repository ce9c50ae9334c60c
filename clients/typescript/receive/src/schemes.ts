// How each wire format is signed, and what its envelope is called.

import { bytesOf, fromBase64, signatureOf } from "./bytes.js";
import { BadSignature } from "./errors.js";
import { type HeadersLike, required } from "./headers.js";

/** What a request offers as proof. */
export interface Proof {
  readonly signatures: readonly Uint8Array[];
  /** When it was signed, in Unix seconds; null where the time is not signed. */
  readonly signedAt: number | null;
  /** What is signed before the body. */
  readonly prefix: string;
}

export interface Scheme {
  /** In lower case. */
  readonly signatureHeader: string;
  readonly idHeader: string;
  keyOf(secret: string): Uint8Array;
  proof(headers: HeadersLike): Proof;
}

/** Standard Webhooks (standardwebhooks.com). `family` is how its headers begin. */
export function standard(family: string): Scheme {
  const signatureHeader = `${family}-signature`;
  const idHeader = `${family}-id`;
  const timeHeader = `${family}-timestamp`;
  return {
    signatureHeader,
    idHeader,
    keyOf: encodedKey,
    proof(headers) {
      const offered = required(headers, signatureHeader).split(" ");
      const id = required(headers, idHeader);
      const signedAt = seconds(required(headers, timeHeader), timeHeader);
      const versions = offered.filter((one) => one.startsWith("v1,")).map((one) => one.slice(3));
      const signatures = decoded(versions, "base64", signatureHeader, "v1,<base64>");
      return { signatures, signedAt, prefix: `${id}.${signedAt}.` };
    },
  };
}

/** One header holds the time and one or more signatures over `time.body`. */
export function timed(
  signatureHeader: string,
  idHeader: string,
  encoding: "hex" | "base64",
  shape: string,
  parts: (value: string) => { times: string[]; offered: string[] },
): Scheme {
  return {
    signatureHeader,
    idHeader,
    keyOf: bytesOf,
    proof(headers) {
      const { times, offered } = parts(required(headers, signatureHeader));
      if (times.length !== 1 || !offered.length) throw malformed(signatureHeader, shape);
      const signedAt = seconds(times[0] as string, signatureHeader);
      const signatures = decoded(offered, encoding, signatureHeader, shape);
      return { signatures, signedAt, prefix: `${signedAt}.` };
    },
  };
}

/** Only the body is signed, so an old request cannot be recognised. */
export function bodySigned(
  signatureHeader: string,
  prefix = "sha256=",
  encoding: "hex" | "base64" = "hex",
  idHeader = "x-webhook-id",
): Scheme {
  const shape = prefix + (encoding === "hex" ? "<64 hex digits>" : "<44 characters of base64>");
  return {
    signatureHeader,
    idHeader,
    keyOf: bytesOf,
    proof(headers) {
      const value = required(headers, signatureHeader);
      if (!value.startsWith(prefix)) throw malformed(signatureHeader, shape);
      const signatures = decoded([value.slice(prefix.length)], encoding, signatureHeader, shape);
      return { signatures, signedAt: null, prefix: "" };
    },
  };
}

/** What `whsec_` encodes; otherwise the text itself. */
function encodedKey(secret: string): Uint8Array {
  const encoded = secret.startsWith("whsec_") ? secret.slice(6).replace(/=+$/, "") : "";
  const isBase64 = /^[A-Za-z0-9+/]+$/.test(encoded) && encoded.length % 4 !== 1;
  return isBase64 ? fromBase64(encoded) : bytesOf(secret);
}

function seconds(text: string, name: string): number {
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  const message = `The timestamp in ${name} is not a number of seconds.`;
  throw new BadSignature("malformed", message);
}

function decoded(
  offered: readonly string[],
  encoding: "hex" | "base64",
  name: string,
  shape: string,
): Uint8Array[] {
  const found = offered.map((one) => signatureOf(one, encoding));
  const signatures = found.filter((one): one is Uint8Array => one !== null);
  if (!signatures.length) throw malformed(name, shape);
  return signatures;
}

function malformed(name: string, shape: string): BadSignature {
  return new BadSignature("malformed", `${name} does not look like ${shape}.`);
}
