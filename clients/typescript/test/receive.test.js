// The golden files of the server's wire formats, as they are sent, and what must be refused.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { test } from "node:test";

import { BadSignature, detect, is, memoryStore, verify } from "@hookline/receive";
import { receiver as ofHono } from "@hookline/receive/hono";
import { receiver as ofNode } from "@hookline/receive/node";
import { receiver as ofWeb } from "@hookline/receive/web";

const NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const NOW = 1772445600;
const TIMED = ["standard", "pivotal", "stripe", "svix", "cloudevents"];
const BOTH_SIGN = ["standard", "stripe", "svix", "cloudevents"];
const SIGNED = [...TIMED, "pivra", "pollybot", "pivot", "inqyra", "github", "shopify"];
const WITH_EVENT_ID = ["pivra", "pivotal", "github", "stripe", "shopify", "cloudevents"];

function golden(format) {
  const sent = readFileSync(`${process.env.GOLDEN}/${format}.http`);
  const end = sent.indexOf("\n\n");
  const lines = sent.subarray(0, end).toString().split("\n");
  const headers = Object.fromEntries(lines.map((line) => /^(.+?): (.*)$/.exec(line).slice(1)));
  return { headers, body: sent.subarray(end + 2, -1) };
}

async function refused(reason, secret, headers, body, rules = { now: NOW }) {
  await assert.rejects(verify(secret, headers, body, rules), (error) => {
    assert.ok(error instanceof BadSignature, error.stack);
    assert.equal(error.reason, reason);
    return true;
  });
}

for (const format of SIGNED) {
  const { headers, body } = golden(format);
  const name = Object.keys(headers).find((one) => /signature|hmac/i.test(one));

  test(`${format}: what is sent is read`, async () => {
    for (const given of [headers, new Headers(headers)]) {
      const event = await verify(NEW, given, body, { now: NOW });
      assert.equal(event.wireFormat, format);
      assert.equal(event.deliveryId, "msg_06gvq3m4q7ft1h8eghb2th9ln2");
      assert.equal(event.type, format === "pollybot" ? "LEAD_CREATED" : "lead.captured");
      assert.equal(event.data.name, "Ada Löwe");
      const isWhole = ["pollybot", "stripe"].includes(format);
      assert.equal(event.occurredAt.getTime(), NOW * 1000 + (isWhole ? 0 : 120));
      const eventId = WITH_EVENT_ID.includes(format) ? "evt_06gvq3m4q7ft1h8eghb2th9ln0" : null;
      assert.equal(event.eventId, eventId);
      assert.deepEqual(event.payload, JSON.parse(body));
    }
    const subject = ["standard", "pivotal", "inqyra", "stripe", "svix", "shopify"].includes(format)
      ? null
      : { type: "chatbot", id: "bot_1" };
    assert.deepEqual((await verify(NEW, headers, body, { now: NOW })).subject, subject);
    assert.equal((await verify(NEW, headers, body.toString(), { now: NOW })).wireFormat, format);
  });

  test(`${format}: what was changed is refused`, async () => {
    await refused("mismatch", NEW, headers, Buffer.from(`${body} `));
    await refused("mismatch", NEW, headers, Buffer.from(String(body).replace("Ada", "Eva")));
    await refused("mismatch", "whsec_c29tZSBvdGhlciBzZWNyZXQgb2Ygb3Vycw==", headers, body);
    const other = { ...headers, [name]: headers[name].replace(/.(?=.{4}$)/, (c) => (c === "0" ? "1" : "0")) };
    if (!BOTH_SIGN.includes(format)) await refused("mismatch", NEW, other, body);
    for (const value of ["", "x", headers[name].slice(0, -1), "v1,t=,sig=", "t=,v1=", "v1,", "é"]) {
      if (BOTH_SIGN.includes(format) && value.length > 20) continue;
      await refused("malformed", NEW, { ...headers, [name]: value }, body);
    }
    const { [name]: _, ...without } = headers;
    await refused("unsigned", NEW, without, body);
    await refused("missing-header", NEW, without, body, { now: NOW, wireFormat: format });
    const id = Object.keys(headers).find((one) => /-id$|delivery/i.test(one));
    await refused("missing-header", NEW, { ...headers, [id]: undefined }, body);
  });

  test(`${format}: an old request is refused, if its time is signed`, async () => {
    for (const [now, reason] of [[NOW + 301, "too-old"], [NOW - 301, "in-future"]]) {
      if (TIMED.includes(format)) await refused(reason, NEW, headers, body, { now });
      else await verify(NEW, headers, body, { now });
    }
    await verify(NEW, headers, body, { now: NOW + 300 });
    await verify(NEW, headers, body, { now: NOW + 900, tolerance: 1000 });
    if (TIMED.includes(format)) await refused("too-old", NEW, headers, body, {});
  });

  test(`${format}: while a secret is changed, one of several is enough`, async () => {
    const other = "whsec_c29tZSBvdGhlciBzZWNyZXQgb2Ygb3Vycw==";
    await verify([other, NEW], headers, body, { now: NOW });
    if (BOTH_SIGN.includes(format)) await verify(OLD, headers, body, { now: NOW });
    else await refused("mismatch", OLD, headers, body);
  });
}

test("another format than the expected one is refused", async () => {
  const { headers, body } = golden("github");
  await refused("missing-header", NEW, headers, body, { wireFormat: "standard" });
});

test("a message for a chat service is not signed", async () => {
  const { headers, body } = golden("slack");
  assert.equal(detect(headers), null);
  await refused("unsigned", NEW, headers, body);
  const asked = verify(NEW, headers, body, { wireFormat: "slack" });
  await assert.rejects(asked, /Others are not signed/);
});

test("padding of the secret may be missing", async () => {
  const { headers, body } = golden("standard");
  await verify(NEW.replace(/=+$/, ""), headers, body, { now: NOW });
});

test("without a secret nothing is verified", async () => {
  const { headers, body } = golden("pivot");
  for (const secret of [undefined, "", [], [NEW, undefined]]) {
    await assert.rejects(verify(secret, headers, body), /signing secret is missing/);
    assert.throws(() => ofNode({ secret }, () => {}), /signing secret is missing/);
    const handler = () => assert.fail("handled");
    await assert.rejects(ofWeb({ secret }, handler)(requestOf(headers, body)), /secret is missing/);
  }
});

test("parsed JSON is a mistake that is explained", async () => {
  const { headers, body } = golden("pivot");
  await assert.rejects(verify(NEW, headers, JSON.parse(body)), /not parsed JSON/);
});

test("a type of the catalogue is recognised", async () => {
  const { headers, body } = golden("standard");
  const event = await verify(NEW, headers, body, { now: NOW });
  assert.ok(is(event, "lead.captured"));
  assert.ok(!is(event, "lead.updated"));
});

test("a store of bounded size drops the oldest", async () => {
  const store = memoryStore({ room: 2 });
  assert.equal(store.claim("a"), "new");
  assert.equal(store.claim("a"), "busy");
  store.finish("a");
  assert.equal(store.claim("a"), "done");
  store.claim("b");
  store.release("b");
  assert.equal(store.claim("b"), "new");
  store.claim("c");
  assert.equal(store.claim("a"), "new");
});

/** The ways to receive: each takes options and a handler, and gives (headers, body) => status. */
const WAYS = {
  node: (options, handler) => overHttp(ofNode(options, handler)),
  web: (options, handler) => {
    const receive = ofWeb(options, handler);
    return async (headers, body) => answerOf(await receive(requestOf(headers, body)));
  },
  hono: (options, handler) => {
    const receive = ofHono(options, handler);
    return async (headers, body) =>
      answerOf(await receive({ req: { raw: requestOf(headers, body) } }));
  },
};

const requestOf = (headers, body) =>
  new Request("http://localhost/hook", { method: "POST", headers, body });
const answerOf = async (response) => {
  const later = response.headers.get("Retry-After");
  return [response.status, await response.text(), ...(later ? [later] : [])];
};

function overHttp(listener) {
  return async (headers, body) => {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const url = `http://127.0.0.1:${server.address().port}/hook`;
      return await answerOf(await fetch(url, { method: "POST", headers, body }));
    } finally {
      server.closeAllConnections?.();
      server.close();
    }
  };
}

for (const [name, way] of Object.entries(WAYS)) {
  const { headers, body } = golden("standard");
  const options = { secret: NEW, now: NOW };

  test(`${name}: it is handled once`, async () => {
    const seen = [];
    const send = way(options, (event) => seen.push(event.deliveryId));
    assert.deepEqual(await send(headers, body), [204, ""]);
    assert.deepEqual(await send(headers, body), [200, "It was handled before."]);
    assert.equal(seen.length, 1);
  });

  test(`${name}: what fails may come again`, async () => {
    let tries = 0;
    const send = way(options, () => {
      if (++tries === 1) throw new Error("the database is away");
    });
    const { error } = console;
    console.error = () => {};
    if (name === "node") assert.equal((await send(headers, body))[0], 500);
    else await assert.rejects(send(headers, body), /the database is away/);
    console.error = error;
    assert.equal((await send(headers, body))[0], 204);
    assert.equal(tries, 2);
  });

  test(`${name}: what is answered with an error may come again`, async () => {
    const answers = [new Response("", { status: 503 }), { status: 400 }, new Response("")];
    const send = way(options, () => answers.shift());
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await send(headers, body))[0]);
    assert.deepEqual(statuses, [503, 400, 204, 200]);
  });

  test(`${name}: while it is handled, a repeat waits`, async () => {
    let finish;
    const handled = new Promise((resolve) => (finish = resolve));
    const send = way(options, () => handled);
    const first = send(headers, body);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await send(headers, body), [503, "It is being handled.", "60"]);
    finish();
    assert.equal((await first)[0], 204);
  });

  test(`${name}: what is forged or too long is not handled`, async () => {
    const send = way({ ...options, largestBody: 200 }, () => assert.fail("handled"));
    const [status, why] = await send(headers, `${body} `);
    assert.equal(status, 400);
    assert.match(why, /Signature mismatch/);
    assert.equal((await send({}, body))[0], 400);
    assert.equal((await send(headers, "x".repeat(201)))[0], 413);
  });
}

test("a body that was parsed before is a mistake that is explained", async () => {
  const { headers, body } = golden("standard");
  const receive = ofNode({ secret: NEW, now: NOW }, () => {});
  let told;
  const request = { headers, readableEnded: true, body: JSON.parse(body) };
  await receive(request, {}, (error) => (told = error));
  assert.match(told.message, /before a middleware such as express\.json/);
  const used = requestOf(headers, body);
  await used.json();
  await assert.rejects(ofWeb({ secret: NEW, now: NOW }, () => {})(used), /was read before/);
});

test("bytes that a middleware kept are taken", async () => {
  const { headers, body } = golden("standard");
  for (const kept of [{ body }, { rawBody: body, body: {} }, { body: String(body) }]) {
    const receive = ofNode({ secret: NEW, now: NOW }, () => {});
    const response = { end() {} };
    await receive({ headers, readableEnded: true, ...kept }, response);
    assert.equal(response.statusCode, 204);
  }
});
