// Bytes: decoding what headers hold, and comparing it.

const HEX = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

const encoder = new TextEncoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The 32 bytes that a signature encodes; null for anything else. */
export function signatureOf(text: string, encoding: "hex" | "base64"): Uint8Array | null {
  if (encoding === "base64") return BASE64.test(text) ? fromBase64(text) : null;
  if (!HEX.test(text)) return null;
  return Uint8Array.from({ length: 32 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

/** HMAC-SHA256 of the parts, one after the other. */
export async function hmac(secret: Uint8Array, ...parts: Uint8Array[]): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret as BufferSource, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, joined(parts) as BufferSource));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** It takes as long for a wrong first byte as for a wrong last one. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  one.forEach((byte, at) => (difference |= byte ^ (other[at] as number)));
  return difference === 0;
}
