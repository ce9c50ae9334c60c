// The wire formats: the scheme of each, and where its envelope keeps what.

import { type HeadersLike, header } from "./headers.js";
import { type Scheme, bodySigned, standard, timed } from "./schemes.js";

/** A wire format that Hookline signs. */
export type WireFormat =
  | "standard"
  | "pivra"
  | "pivotal"
  | "pollybot"
  | "pivot"
  | "inqyra"
  | "github"
  | "stripe"
  | "svix"
  | "shopify"
  | "cloudevents";

type Payload = Readonly<Record<string, unknown>>;

/** The members of an envelope, as they are sent. */
interface Contents {
  readonly type: unknown;
  /** RFC 3339, or Unix seconds. */
  readonly occurredAt: unknown;
  readonly eventId: unknown;
  /** `{type, id}`, or `type/id`. */
  readonly subject: unknown;
  readonly data: unknown;
}

interface Format {
  readonly scheme: Scheme;
  read(payload: Payload, headers: HeadersLike): Contents;
}

const pivotal = timed(
  "pivotal-signature",
  "pivotal-delivery-id",
  "base64",
  "v1,t=<seconds>,sig=<base64>",
  (value) => {
    const [, time, signature] = /^v1,t=([^,]*),sig=([^,]*)$/.exec(value) ?? [];
    return { times: time ? [time] : [], offered: signature ? [signature] : [] };
  },
);

const stripe = timed(
  "stripe-signature",
  "x-webhook-id",
  "hex",
  "t=<seconds>,v1=<hex>",
  (value) => {
    const pairs = value.split(",").map((part) => part.trim());
    const of = (name: string) =>
      pairs.filter((pair) => pair.startsWith(name)).map((pair) => pair.slice(name.length));
    return { times: of("t="), offered: of("v1=") };
  },
);

const chatbot = (id: unknown) => (typeof id === "string" ? { type: "chatbot", id } : null);
const typed = ({ id, type, timestamp, subject, data }: Payload): Contents => ({
  type,
  occurredAt: timestamp,
  eventId: id,
  subject,
  data,
});
const named = (payload: Payload): Contents => typed({ ...payload, type: payload["event"] });

/** In the order in which they are looked for. */
export const FORMATS: Readonly<Record<WireFormat, Format>> = {
  standard: { scheme: standard("webhook"), read: typed },
  pivra: {
    scheme: bodySigned("x-pivra-signature-256"),
    read: (payload) => ({ ...named(payload), subject: chatbot(payload["chatbot_id"]) }),
  },
  pivotal: {
    scheme: pivotal,
    read: (payload) => ({ ...typed(payload), occurredAt: payload["created_at"] }),
  },
  pollybot: {
    scheme: bodySigned("x-webhook-signature"),
    read: (payload) => ({ ...named(payload), subject: chatbot(payload["chatbotId"]) }),
  },
  pivot: { scheme: bodySigned("x-pivot-signature", ""), read: named },
  inqyra: { scheme: bodySigned("x-inqyra-signature"), read: named },
  github: {
    scheme: bodySigned("x-hub-signature-256", "sha256=", "hex", "x-github-delivery"),
    read: named,
  },
  stripe: {
    scheme: stripe,
    read: (payload) => ({
      ...typed(payload),
      occurredAt: payload["created"],
      data: (payload["data"] as Payload | undefined)?.["object"],
    }),
  },
  svix: { scheme: standard("svix"), read: typed },
  shopify: {
    scheme: bodySigned("x-shopify-hmac-sha256", "", "base64", "x-shopify-webhook-id"),
    read: (payload, headers) => ({
      type: header(headers, "x-shopify-topic")?.replace(/\//g, "."),
      occurredAt: header(headers, "x-shopify-triggered-at"),
      eventId: header(headers, "x-shopify-event-id"),
      subject: null,
      data: payload,
    }),
  },
  cloudevents: {
    scheme: standard("webhook"),
    read: (payload) => ({ ...typed(payload), occurredAt: payload["time"] }),
  },
};

/** The format in which a request is signed; null when its headers show none. */
export function detect(headers: HeadersLike): WireFormat | null {
  const names = Object.keys(FORMATS) as WireFormat[];
  const found = names.find((name) => header(headers, FORMATS[name].scheme.signatureHeader) !== null);
  const isCloudEvent = (header(headers, "content-type") ?? "").startsWith("application/cloudevents");
  return found === "standard" && isCloudEvent ? "cloudevents" : found ?? null;
}
