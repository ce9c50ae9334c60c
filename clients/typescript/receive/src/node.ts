// Express, Next's pages router, and Node's own server.

import { ALREADY_READ, collected } from "./chunks.js";
import { type Handler, type Options, answering } from "./handling.js";
import { usable } from "./verify.js";

/** As much of `http.IncomingMessage`, or of a request of Express, as is needed. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded?: boolean;
  /** Bytes or text, where something has already read them, such as `express.raw()`. */
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text?: string): unknown;
}

/**
 * `app.post("/hook", receiver({ secret }, handler))`, before `app.use(express.json())`.
 *
 * What the handler throws goes to `next`; where there is none, it is logged and answered with 500.
 */
export function receiver(options: Options, handler: Handler) {
  usable(options.secret); // a server without a secret should not start
  const answer = answering(options, handler);
  return async (
    request: NodeRequest,
    response: NodeResponse,
    next?: (error: unknown) => unknown,
  ): Promise<void> => {
    try {
      const body = (limit: number) => rawBody(request, limit);
      const { status, text, headers = {} } = await answer(request.headers, body);
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end(text);
    } catch (error) {
      if (typeof next === "function") return void next(error);
      console.error(error);
      response.statusCode = 500;
      response.end("The receiver failed.");
    }
  };
}

async function rawBody(request: NodeRequest, limit: number): Promise<string | Uint8Array> {
  for (const given of [request.rawBody, request.body]) {
    if (typeof given === "string" || given instanceof Uint8Array) return given;
  }
  if (request.readableEnded) throw new TypeError(ALREADY_READ);
  return collected(request, limit);
}
