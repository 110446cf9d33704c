import assert from "node:assert/strict";
import { test } from "node:test";
import { asking } from "../../../static/js/invited/asking.js";
import { Refused, download, portal, refusalOf, takeToken } from "../../../static/js/invited/link.js";

const TOKEN = "x".repeat(43);
const store = (values = {}) => ({ getItem: (name) => values[name] ?? null, setItem: (name, value) => (values[name] = value) });

test("the token is taken out of the address and kept for this window", () => {
  const places = [];
  const kept = store();
  const history = { replaceState: (...values) => places.push(values[2]) };
  const location = { hash: `#${TOKEN}`, pathname: "/elections/a/trustee", search: "?lang=ar" };
  assert.equal(takeToken(location, history, kept, "name"), TOKEN);
  assert.deepEqual(places, ["/elections/a/trustee?lang=ar"]);
  assert.equal(takeToken({ ...location, hash: "" }, history, kept, "name"), TOKEN);
  assert.equal(takeToken({ ...location, hash: "#main" }, history, store(), "name"), "");
});

test("the token goes in a header, never in an address", async () => {
  const asked = [];
  const get = async (address, options) => {
    asked.push([address, options.headers.Authorization]);
    return new Response(null, { status: 204 });
  };
  assert.equal(await portal("/api/elections/a", TOKEN, get).post("/ceremony", {}), null);
  assert.deepEqual(asked, [["/api/elections/a/ceremony", `Bearer ${TOKEN}`]]);
});

test("refusals, faults and a lost connection are told apart", async () => {
  assert.equal(refusalOf(401, {}).code, "link");
  assert.equal(refusalOf(429, {}).code, "often");
  assert.equal(refusalOf(503, {}).code, "portal");
  assert.deepEqual({ ...refusalOf(409, { code: "conflict", detail: "Said." }) }.sentence, "Said.");
  const lost = portal("/api", TOKEN, async () => {
    throw new TypeError("network");
  });
  await assert.rejects(lost.get("/x"), (error) => error instanceof Refused && error.code === "offline");
});

test("a file is fetched whole, and a fetch that breaks off is a lost connection", async () => {
  const told = [];
  const whole = await download("/x", (done, total) => told.push([done, total]), async () => new Response("abc", { headers: { "content-length": "3" } }));
  assert.equal(new TextDecoder().decode(whole), "abc");
  assert.deepEqual(told.at(-1), [3, 3]);
  const broken = new ReadableStream({ pull: (controller) => controller.error(new TypeError("gone")) });
  await assert.rejects(download("/x", undefined, async () => new Response(broken)), (error) => error.code === "offline");
});

test("a worker that dies leaves nobody waiting, and another one takes its place", async () => {
  const begun = [];
  const ask = asking(() => {
    const listeners = {};
    begun.push(listeners);
    return { postMessage() {}, addEventListener: (name, call) => (listeners[name] = call) };
  });
  const first = ask("make");
  begun[0].error({ message: "no module" });
  await assert.rejects(first, (error) => error.code === "worker");
  const second = ask("make", {}, { progress: (told) => assert.equal(told.done, 1) });
  assert.equal(begun.length, 2);
  begun[1].message({ data: { id: 2, progress: { done: 1 } } });
  begun[1].message({ data: { id: 2, done: 7 } });
  assert.equal(await second, 7);
});
