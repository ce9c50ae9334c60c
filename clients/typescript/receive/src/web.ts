// Next's route handlers, Workers, Deno, Bun: whatever takes a Request and returns a Response.

import { ALREADY_READ, collected } from "./chunks.js";
import { type Handler, type Options, answering } from "./handling.js";

/** `export const POST = receiver({ secret }, handler);` What the handler throws goes on. */
export function receiver(options: Options, handler: Handler) {
  const answer = answering(options, handler);
  return async (request: Request): Promise<Response> => {
    const body = (limit: number) => rawBody(request, limit);
    const { status, text, headers = {} } = await answer(request.headers, body);
    return new Response(text || null, { status, headers });
  };
}

async function rawBody(request: Request, limit: number): Promise<Uint8Array> {
  if (request.bodyUsed) throw new TypeError(ALREADY_READ);
  return request.body ? collected(chunksOf(request.body), limit) : new Uint8Array();
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    await reader.cancel();
  }
}
