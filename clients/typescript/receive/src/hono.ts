import type { Handler, Options } from "./handling.js";
import { receiver as ofRequests } from "./web.js";

/** `app.post("/hook", receiver({ secret }, handler))` */
export function receiver(options: Options, handler: Handler) {
  const answer = ofRequests(options, handler);
  return (context: { readonly req: { readonly raw: Request } }): Promise<Response> =>
    answer(context.req.raw);
}
