import assert from "node:assert/strict";
import { test } from "node:test";
import { keeper, memory, pause, send, storeOf, waitOrOnline } from "../../../static/js/booth/sending.js";

const RECEIPT = { tracker: "t" };
const NOON = Date.UTC(2026, 10, 24, 12);
const json = (body, status = 200) => new Response(JSON.stringify(body), { status });

/** A portal that answers so, one answer a request; an Error is a line that breaks. */
function portal(...answers) {
  const sent = [];
  const waits = [];
  return {
    sent,
    waits,
    fetch: async (address, { body, method }) => {
      sent.push({ address, body, method });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    wait: async (milliseconds) => void waits.push(milliseconds),
  };
}

const broken = () => new TypeError("the line is dead");
const post = (with_, most) => send("/api/elections/x/ballots", "{ballot}", { ...with_, most });

test("a ballot that arrives at once brings its receipt", async () => {
  const with_ = portal(json({ receipt: RECEIPT, replaces: 4 }, 201));
  assert.deepEqual(await post(with_), { kind: "accepted", receipt: RECEIPT, again: false, replaces: 4 });
  assert.deepEqual(with_.sent, [{ address: "/api/elections/x/ballots", body: '{"ballot":"{ballot}"}', method: "POST" }]);
});

test("whatever happens to the line, the very same bytes are sent until an answer comes", async () => {
  const cutOff = new Response('{"receipt": {"tra', { status: 201 });
  const told = [];
  const with_ = { ...portal(broken(), new Response("busy", { status: 503 }), cutOff, json({}, 429), json({ receipt: RECEIPT })), onAgain: (number) => told.push(number) };
  const answer = await post(with_);
  assert.deepEqual([answer.kind, answer.again, answer.replaces], ["accepted", true, null]);
  assert.equal(new Set(with_.sent.map(({ body }) => body)).size, 1);
  assert.deepEqual(told, [1, 2, 3, 4]);
});

test("it waits longer each time, half a minute at most", () => {
  assert.deepEqual([1, 2, 3, 6, 20].map((number) => pause(number, 0)), [1000, 2000, 4000, 30_000, 30_000]);
  assert.ok(pause(1, 0.999) > 650);
});

test("after enough repetitions the voter is asked, and the ballot is not given up", async () => {
  const with_ = portal(...Array(3).fill().map(broken));
  assert.deepEqual(await post(with_, 2), { kind: "unreachable" });
  assert.equal(with_.sent.length, 3);
});

test("a refusal is told with its code and is not argued with", async () => {
  const with_ = portal(json({ code: "closed", detail: "over" }, 409));
  assert.deepEqual(await post(with_), { kind: "refused", status: 409, code: "closed", detail: "over" });
  assert.equal(with_.sent.length, 1);
});

test("answers of something in between say nothing about the ballot", async () => {
  const between = [json({ error: "log in to this network" }, 511), json({ ok: true }), json({ detail: "no such page" }, 404), json(null), json([], 522)];
  const with_ = portal(...between, json({ receipt: RECEIPT }, 201));
  assert.equal((await post(with_)).kind, "accepted");
  assert.equal(with_.sent.length, 6);
  assert.equal((await post(portal(json({ detail: "not for somebody else" }, 403)))).kind, "refused");
  assert.equal((await post(portal(json({ detail: "too large" }, 413)))).kind, "refused");
});

test("what looks like a busy portal and has a code is a refusal", async () => {
  assert.equal((await post(portal(json({ code: "too_often", detail: "" }, 429)))).code, "too_often");
});

test("a mistake of ours is no broken line", async () => {
  await assert.rejects(post(portal(new RangeError("ours"))), RangeError);
});

test("the wait ends when the line comes back", async () => {
  const scope = new EventTarget();
  const waited = waitOrOnline(60_000, scope);
  scope.dispatchEvent(new Event("online"));
  await waited;
  await waitOrOnline(1, scope);
});

test("a signed ballot is kept until its receipt came, with nothing beside it", () => {
  const store = memory();
  const mine = keeper("uuid", store);
  assert.equal(mine.kept(), null);
  assert.ok(mine.keep({ ballot: "b", tracker: "t", seal: "s", at: NOON, marks: [[1]], credential: "secret" }));
  assert.equal(store.getItem("sawtuna ballot uuid"), `{"ballot":"b","tracker":"t","seal":"s","at":${NOON}}`);
  assert.deepEqual(keeper("uuid", store).kept(), { ballot: "b", tracker: "t", seal: "s", at: NOON });
  assert.equal(keeper("another", store).kept(), null);
  mine.forget();
  assert.equal(mine.kept(), null);
});

test("what lies in the store and is no ballot is not sent", () => {
  const store = memory();
  for (const text of ["{", "{}", '{"ballot":"b","tracker":"t","seal":"s"}', '{"ballot":1,"tracker":"t","seal":"s"}']) {
    store.setItem("sawtuna ballot uuid", text);
    assert.equal(keeper("uuid", store).kept(), null);
  }
});

test("where the browser keeps nothing, the page says so and goes on", () => {
  const forbidden = { get sessionStorage() { throw new DOMException("no", "SecurityError"); } };
  assert.equal(storeOf(() => forbidden.sessionStorage).lasts, false);
  const full = { setItem() { throw new DOMException("full", "QuotaExceededError"); } };
  assert.equal(keeper("uuid", full).keep({ ballot: "b", tracker: "t", seal: "s" }), false);
  const usable = memory();
  assert.deepEqual(storeOf(() => usable), { store: usable, lasts: true });
});
