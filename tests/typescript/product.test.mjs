// The packages with the running product: real deliveries in every format that is signed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import {
  ChangedMeanwhile,
  Hookline,
  IdempotencyKeyReused,
  Invalid,
  NotFound,
  Unauthorized,
  etagOf,
} from "@hookline/client";
import { is, redisStore, verify } from "@hookline/receive";
import { receiver } from "@hookline/receive/node";

const FORMATS = [
  ...["standard", "pivra", "pivotal", "pollybot", "pivot", "inqyra"],
  ...["github", "stripe", "svix", "shopify", "cloudevents"],
];
const TIMED = ["standard", "pivotal", "stripe", "svix", "cloudevents"];
const DATA = { id: "lead_1", name: "Ada Löwe", score: 1.5, tags: ["a", "€😀"] };
const hookline = new Hookline();
const webhooks = {};
const receivers = {};
const handled = {};
const sent = {};
let server;
let base;

async function until(condition) {
  for (let waited = 0; !(await condition()); waited += 50) {
    if (waited > 120_000) throw new Error(`not within two minutes: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function keep(format) {
  return (event) => {
    handled[format].push(event);
  };
}

async function send(format, body, headers) {
  const response = await fetch(`${base}/${format}`, { method: "POST", body, headers });
  return [response.status, await response.text()];
}

before(async () => {
  server = createServer(async (request, response) => {
    const format = request.url.slice(1);
    if (!FORMATS.includes(format)) return void response.writeHead(204).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const rawBody = Buffer.concat(chunks);
    const { host, connection, "content-length": length, ...headers } = request.headers;
    if (!request.headers["x-again"]) sent[format] = { headers, body: rawBody };
    await until(() => receivers[format]);
    await receivers[format](Object.assign(request, { rawBody }), response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${server.address().port}`;
  for (const format of FORMATS) {
    handled[format] = [];
    webhooks[format] = await hookline.webhooks.create({
      name: `In the format ${format}`,
      url: `${base}/${format}`,
      event_types: ["lead.captured"],
      wire_format: format,
    });
    receivers[format] = receiver({ secret: webhooks[format].secret }, keep(format));
  }
  // The pings, so that none of them comes between what the tests send.
  await until(() => FORMATS.every((format) => handled[format].length));
});
after(() => {
  server.closeAllConnections();
  server.close();
});

test("each format is verified and read", async () => {
  const accepted = await hookline.events.send({ type: "lead.captured", data: DATA });
  assert.equal(accepted.deliveries, FORMATS.length);
  const leads = (format) => handled[format].filter((one) => one.data.id === DATA.id);
  await until(() => FORMATS.every((format) => leads(format).length));
  const deliveries = await hookline.events.deliveries(accepted.id).all();
  for (const format of FORMATS) {
    const [event, ...more] = leads(format);
    assert.equal(more.length, 0, format);
    assert.equal(event.wireFormat, format);
    const delivery = deliveries.find((one) => one.subscription_id === webhooks[format].id);
    assert.equal(event.deliveryId, delivery.id, format);
    assert.deepEqual({ ...event.data, ...DATA }, event.data, format);
    if (format !== "pollybot") assert.ok(is(event, "lead.captured"), format);
    assert.equal(event.occurredAt.getTime() / 1000 >> 0, Date.parse(delivery.event.occurred_at) / 1000 >> 0);
    if (event.eventId !== null) assert.equal(event.eventId, accepted.id, format);
  }
});

test("what is forged, old, wrong or repeated is refused", async () => {
  for (const format of FORMATS) {
    const { headers, body } = sent[format];
    const again = { ...headers, "x-again": "yes" };
    const before = handled[format].length;
    assert.deepEqual(await send(format, body, again), [200, "It was handled before."], format);
    assert.match((await send(format, `${body} `, again))[1], /Signature mismatch/, format);
    assert.equal((await send(format, String(body).replace("Ada", "Eva"), again))[0], 400, format);
    assert.equal((await send(format, body, { "x-again": "yes" }))[0], 400, format);
    assert.equal(handled[format].length, before, format);
    const other = webhooks[format === "pivra" ? "pivotal" : "pivra"].secret;
    await assert.rejects(verify(other, headers, body), { reason: "mismatch" });
    const later = verify(webhooks[format].secret, headers, body, { now: Date.now() / 1000 + 400 });
    if (TIMED.includes(format)) await assert.rejects(later, { reason: "too-old" });
    else assert.equal((await later).wireFormat, format);
  }
});

test("while a secret is changed, no delivery is refused", async () => {
  for (const format of ["standard", "pivotal"]) {
    const old = webhooks[format].secret;
    const { secret } = await hookline.webhooks.rotateSecret(webhooks[format].id, { overlap_hours: 24 });
    assert.notEqual(secret, old);
    receivers[format] = receiver({ secret: [old, secret] }, keep(format));
    const before = handled[format].length;
    await hookline.webhooks.test(webhooks[format].id, undefined, { wait: 20 });
    await until(() => handled[format].length > before);
    const { headers, body } = sent[format];
    await verify(secret, headers, body);
    if (format === "standard") await verify(old, headers, body);
    else await assert.rejects(verify(old, headers, body), { reason: "mismatch" });
  }
});

test("what the handler failed at comes again, once it is replayed", async () => {
  const { id } = webhooks.pivra;
  receivers.pivra = receiver({ secret: webhooks.pivra.secret }, () => {
    throw new Error("the database is away");
  });
  const { error } = console;
  console.error = () => {};
  const failed = await hookline.webhooks.test(id, undefined, { wait: 20 });
  console.error = error;
  assert.deepEqual([failed.status, failed.status_code], ["failed", 500]);
  receivers.pivra = receiver({ secret: webhooks.pivra.secret }, keep("pivra"));
  const replay = await hookline.deliveries.replay(failed.id, { wait: 20 });
  assert.equal(replay.replay_of, failed.id);
  await until(() => handled.pivra.some((one) => one.deliveryId === replay.id));
});

test("ids in Redis are handled once, by any number of processes", async () => {
  const command = await redis(process.env.REDIS_SOCKET);
  const [one, other] = [redisStore(command, { lease: 1 }), redisStore(command)];
  const tokens = ["1", "2", "3"];
  const states = await Promise.all(tokens.map((token) => other.claim("a", token)));
  assert.deepEqual(states, ["new", "busy", "busy"]);
  await one.release("a", "2");
  assert.equal(await one.claim("a", "4"), "busy");
  await one.release("a", "1");
  assert.equal(await other.claim("a", "5"), "new");
  await other.finish("a", "5");
  assert.equal(await one.claim("a", "6"), "done");
  assert.ok((await command("TTL", "hookline:delivery:a")) > 86_400);
  await one.claim("b", "7");
  assert.ok((await command("TTL", "hookline:delivery:b")) <= 1);
});

test("a list is read page by page", async () => {
  const every = await hookline.deliveries.list({ limit: 7 }).all();
  assert.ok(every.length > 2 * FORMATS.length);
  assert.equal(new Set(every.map((one) => one.id)).size, every.length);
  const retried = await hookline.deliveries.list({ subscription_id: webhooks.pivra.id }).all(1);
  assert.equal(retried[0].subscription_id, webhooks.pivra.id);
  assert.equal((await hookline.apiKeys.list().all()).length, 1);
});

test("an event that is sent twice with one key is one event", async () => {
  const event = { type: "lead.captured", data: { name: "Grace" }, timestamp: new Date() };
  const [one, other] = await Promise.all(
    [1, 2].map(() => hookline.events.send(event, { idempotencyKey: "order-1" })),
  );
  assert.equal(one.id, other.id);
  const changed = { type: "lead.captured", data: { name: "Eva" } };
  const again = hookline.events.send(changed, { idempotencyKey: "order-1" });
  await assert.rejects(again, IdempotencyKeyReused);
});

test("a webhook under a name of one's own is put, changed with its ETag, and deleted", async () => {
  const body = { name: "CRM", url: `${base}/crm`, event_types: ["customer.*"] };
  const made = await hookline.webhooks.put("key:crm", body);
  assert.equal((await hookline.webhooks.put("key:crm", body)).id, made.id);
  const read = await hookline.webhooks.get("key:crm");
  const ifMatch = etagOf(read);
  await hookline.webhooks.update(read.id, { name: "Other" }, { ifMatch });
  await assert.rejects(hookline.webhooks.update(read.id, { name: "Third" }, { ifMatch }), (error) => {
    assert.ok(error instanceof ChangedMeanwhile);
    assert.equal(error.current.name, "Other");
    return true;
  });
  await hookline.webhooks.delete(read.id);
  await assert.rejects(hookline.webhooks.get("key:crm"), NotFound);
});

test("what is wrong is named", async () => {
  await assert.rejects(hookline.events.send({ type: "lead.caught", data: {} }), (error) => {
    assert.ok(error instanceof Invalid);
    assert.equal(error.kind, "invalid-request");
    assert.equal(error.errors[0].pointer, "#/type");
    assert.match(error.requestId, /^\w+/);
    return true;
  });
  await assert.rejects(new Hookline({ apiKey: "hk_test_none" }).whoami(), Unauthorized);
  assert.equal((await hookline.whoami()).mode, "test");
});

/** Sends one command at a time over a socket. */
async function redis(path) {
  const socket = connect(path);
  await once(socket, "connect");
  let last = Promise.resolve();
  async function run(words) {
    socket.write(`*${words.length}\r\n${words.map((one) => `$${one.length}\r\n${one}\r\n`).join("")}`);
    const [chunk] = await once(socket, "data");
    const [first, second] = chunk.toString().split("\r\n");
    if (first.startsWith("-")) throw new Error(first);
    if (first === "$-1") return null;
    return first.startsWith(":") ? Number(first.slice(1)) : first.startsWith("$") ? second : first;
  }
  after(() => socket.destroy());
  return (...words) => (last = last.then(() => run(words)));
}
