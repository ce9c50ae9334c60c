import { BadSignature } from "./errors.js";

interface Getter {
  get(name: string): string | null | undefined;
}

/** The headers of `fetch`, of Node, or a plain object, in any case. */
export type HeadersLike = Getter | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The value of a header, or null. `name` is in lower case. */
export function header(headers: HeadersLike, name: string): string | null {
  if (isGetter(headers)) return headers.get(name) ?? null;
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() === name && value !== undefined) return String(value);
  }
  return null;
}

export function required(headers: HeadersLike, name: string): string {
  const value = header(headers, name);
  if (value === null) throw new BadSignature("missing-header", `The header ${name} is missing.`);
  return value;
}

function isGetter(headers: HeadersLike): headers is Getter {
  return typeof (headers as Getter).get === "function";
}
