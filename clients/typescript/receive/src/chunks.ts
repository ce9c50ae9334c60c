import { joined } from "./bytes.js";
import { TooLong } from "./handling.js";

/** All of a stream, unless it is longer than `limit` bytes. */
export async function collected(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) throw new TooLong();
    kept.push(chunk);
  }
  return joined(kept);
}

export const ALREADY_READ =
  "The body was read before its signature could be checked. " +
  "Mount the receiver before a middleware such as express.json() that reads it.";
