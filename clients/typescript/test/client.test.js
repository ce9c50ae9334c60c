// The client against a server that answers what a test tells it to.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import {
  ChangedMeanwhile,
  ConnectionFailed,
  Forbidden,
  Hookline,
  HooklineError,
  Invalid,
  NotFound,
  PlanLimit,
  Problem,
  RateLimited,
  SettingsError,
  UnexpectedAnswer,
  Unavailable,
  etagOf,
} from "@hookline/client";

const asked = [];
let answers = [];
let server;
let baseUrl;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const [status, body, more = {}] = answers.shift() ?? [200, {}];
    if (status === "cut") return request.socket.destroy();
    if (status === "silent") return;
    const type = status >= 400 ? "application/problem+json" : "application/json";
    response.writeHead(status, { "content-type": type, ...more });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  baseUrl = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked.length = 0;
  answers = [];
});

const hookline = (more = {}) => new Hookline({ baseUrl, apiKey: "hk_test_1", ...more });
const problem = (status, kind, more = {}) => [
  status,
  { type: `/docs/api#${kind}`, title: "Title", status, detail: "Why.", request_id: "r1", ...more },
];
const EVENT = { type: "lead.captured", data: { name: "Ada" } };

test("a request says who asks, and what", async () => {
  answers = [[202, { id: "evt_1", type: "lead.captured", deliveries: 1 }]];
  const accepted = await hookline({ baseUrl: `${baseUrl}/` }).events.send(EVENT, { wait: 2 });
  assert.equal(accepted.id, "evt_1");
  const [{ method, url, headers, body }] = asked;
  assert.equal(`${method} ${url}`, "POST /api/v1/events?wait=2");
  assert.equal(headers.authorization, "Bearer hk_test_1");
  assert.match(headers["user-agent"], /^hookline-typescript\//);
  assert.match(headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.deepEqual(JSON.parse(body), EVENT);
});

test("what fails in passing is sent again, with the same key", async () => {
  answers = [problem(503, "unavailable"), ["cut"], [502, "<html>"], [202, { id: "evt_1" }]];
  assert.equal((await hookline().events.send(EVENT)).id, "evt_1");
  assert.equal(asked.length, 4);
  assert.equal(new Set(asked.map((one) => one.headers["idempotency-key"])).size, 1);
  await hookline().events.send(EVENT);
  assert.notEqual(asked[4].headers["idempotency-key"], asked[0].headers["idempotency-key"]);
  await hookline().events.send(EVENT, { idempotencyKey: "mine" });
  assert.equal(asked[5].headers["idempotency-key"], "mine");
});

test("the server says how long to wait", async () => {
  answers = [[...problem(429, "too-many-requests"), { "retry-after": "1" }], [200, {}]];
  const start = performance.now();
  await hookline().whoami();
  assert.ok(performance.now() - start >= 990);
  answers = [[...problem(429, "too-many-requests"), { "retry-after": "3600" }]];
  await assert.rejects(hookline().whoami(), (error) => {
    assert.ok(error instanceof RateLimited && error.retryAfter === 3600);
    return true;
  });
  assert.equal(asked.length, 3);
});

test("it gives up after some attempts", async () => {
  answers = Array(9).fill(problem(503, "unavailable"));
  await assert.rejects(hookline({ retries: 1 }).whoami(), Unavailable);
  assert.equal(asked.length, 2);
});

test("what would be refused when repeated is not sent again", async () => {
  answers = [["cut"]];
  await assert.rejects(
    hookline().webhooks.update("whk_1", { name: "CRM" }, { ifMatch: '"1"' }),
    ConnectionFailed,
  );
  assert.equal(asked.length, 1);
  assert.equal(asked[0].headers["if-match"], '"1"');
  answers = [["cut"]];
  await assert.rejects(hookline().eventTypes.put("a.b", { sample: {} }, { onlyIfNew: true }));
  assert.equal(asked.length, 2);
  assert.equal(asked[1].headers["if-none-match"], "*");
});

test("a deletion whose answer was lost is done", async () => {
  answers = [["cut"], problem(404, "not-found")];
  assert.equal(await hookline().webhooks.delete("whk_1"), undefined);
  answers = [problem(404, "not-found")];
  await assert.rejects(hookline().webhooks.delete("whk_1"), NotFound);
});

test("each problem has its class", async () => {
  const errors = [{ pointer: "#/type", detail: "There is no such type." }];
  answers = [problem(422, "invalid-request", { errors })];
  await assert.rejects(hookline().events.send(EVENT), (error) => {
    assert.ok(error instanceof Invalid && error instanceof Problem && error instanceof HooklineError);
    assert.equal(error.name, "Invalid");
    assert.equal(error.kind, "invalid-request");
    assert.equal(error.message, "Why.");
    assert.equal(error.requestId, "r1");
    assert.deepEqual(error.errors, errors);
    return true;
  });
  answers = [problem(412, "changed-meanwhile", { current: { name: "Other" } })];
  await assert.rejects(hookline().webhooks.update("whk_1", {}), (error) => {
    assert.ok(error instanceof ChangedMeanwhile);
    assert.deepEqual(error.current, { name: "Other" });
    return true;
  });
  answers = [problem(403, "plan-limit"), problem(403, "new-kind"), problem(429, "daily-limit")];
  await assert.rejects(hookline().whoami(), PlanLimit);
  await assert.rejects(hookline().whoami(), Forbidden);
  await assert.rejects(hookline().whoami(), RateLimited);
  assert.equal(asked.length, 5);
});

test("an answer of another server is an error that says so", async () => {
  answers = [[200, "<html>Welcome</html>"], [301, "", { location: "https://hooks.example.com/" }]];
  await assert.rejects(hookline().whoami(), (error) => {
    assert.ok(error instanceof UnexpectedAnswer);
    assert.match(error.message, /Welcome/);
    return true;
  });
  await assert.rejects(hookline().events.send(EVENT), /https:\/\/hooks\.example\.com\/.*base URL/);
  assert.equal(asked.length, 2);
});

test("a list fetches page after page, as far as it is read", async () => {
  const pages = () => [
    [200, { data: [{ id: 1 }, { id: 2 }], next_cursor: "c&1" }],
    [200, { data: [{ id: 3 }], next_cursor: null }],
  ];
  answers = pages();
  const found = [];
  for await (const one of hookline().deliveries.list({ status: "failed", limit: 2 })) {
    found.push(one.id);
  }
  assert.deepEqual(found, [1, 2, 3]);
  assert.equal(asked[0].url, "/api/v1/deliveries?status=failed&limit=2");
  assert.equal(asked[1].url, "/api/v1/deliveries?status=failed&limit=2&cursor=c%261");
  answers = pages();
  assert.deepEqual(await hookline().deliveries.list().all(2), [{ id: 1 }, { id: 2 }]);
  assert.equal(asked.length, 3);
  answers = pages();
  assert.equal((await hookline().deliveries.list().page("c&1")).next_cursor, "c&1");
});

test("paths and queries are encoded", async () => {
  const since = new Date("2026-03-02T10:00:00Z");
  await hookline().deliveries.list({ since, missing: true }).page();
  assert.equal(asked[0].url, "/api/v1/deliveries?missing=true&since=2026-03-02T10%3A00%3A00.000Z");
  await hookline().webhooks.list({ metadata: { team: "a b" } }).page();
  assert.equal(decodeURIComponent(asked[1].url), "/api/v1/webhooks?metadata[team]=a+b");
  await hookline().webhooks.get("key:a/b?c");
  assert.equal(asked[2].url, "/api/v1/webhooks/key%3Aa%2Fb%3Fc");
  for (const id of ["", "..", undefined]) assert.throws(() => hookline().webhooks.get(id), TypeError);
  assert.equal(asked.length, 3);
});

test("an object that was read has an ETag", async () => {
  answers = [[200, { id: "whk_1" }, { etag: '"7"' }], [200, {}]];
  const webhook = await hookline().webhooks.get("whk_1");
  await hookline().webhooks.update("whk_1", { name: "CRM" }, { ifMatch: etagOf(webhook) });
  assert.equal(asked[1].headers["if-match"], '"7"');
  assert.throws(() => etagOf({}), /read it with get/);
});

test("a caller can give up, in the middle of a request and before another attempt", async () => {
  for (const answer of [["silent"], [...problem(429, "busy"), { "retry-after": "50" }]]) {
    const controller = new AbortController();
    const { signal } = controller;
    answers = [answer];
    const asking = hookline().whoami({ signal });
    setTimeout(() => controller.abort(new Error("enough")), 100);
    await assert.rejects(asking, /enough/);
    await assert.rejects(hookline().whoami({ signal }), /enough/);
  }
});

test("nobody listens: the error says where", async () => {
  const nobody = new Hookline({ baseUrl: "http://127.0.0.1:9", apiKey: "k", retries: 0 });
  await assert.rejects(nobody.whoami(), /No answer from http:\/\/127\.0\.0\.1:9\/api\/v1/);
});

test("settings come from the environment, and are checked", async () => {
  process.env.HOOKLINE_API_KEY = "hk_live_2";
  process.env.HOOKLINE_URL = baseUrl;
  await new Hookline().whoami();
  assert.equal(asked[0].headers.authorization, "Bearer hk_live_2");
  delete process.env.HOOKLINE_API_KEY;
  assert.throws(() => new Hookline(), SettingsError);
  assert.throws(() => new Hookline({ apiKey: "a\nb" }), SettingsError);
  for (const wrong of ["hooks.example.com", "ftp://x", "https://x?y"]) {
    assert.throws(() => new Hookline({ apiKey: "k", baseUrl: wrong }), SettingsError);
  }
});

test("a silent server is given up", async () => {
  answers = [["silent"]];
  const impatient = hookline({ timeout: 0.05, retries: 0 });
  await assert.rejects(impatient.whoami(), /none within 0\.05 seconds/);
});
