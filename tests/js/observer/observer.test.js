import assert from "node:assert/strict";
import test from "node:test";

import { compared, countOf, fetched, nodeOf, plain, sizeOf, verdictOf } from "../../../static/js/observer/observer.js";

const bytes = (text) => new TextEncoder().encode(text);

/** A server with a file, whose connection breaks after `room` bytes as often as it is told to. */
function server(file, { room = file.length, breaks = 0, ranges = true } = {}) {
  const asked = [];
  let left = breaks;
  const fetch = async (_address, { headers }) => {
    asked.push(headers.Range ?? "");
    const from = headers.Range && ranges ? Number(/bytes=(\d+)-/.exec(headers.Range)[1]) : 0;
    const whole = file.slice(from);
    const pieces = left > 0 ? [whole.slice(0, room), null] : [whole.slice(0, 2), whole.slice(2)];
    left -= 1;
    return {
      ok: true,
      status: from ? 206 : 200,
      headers: new Map([["content-length", String(whole.length)]]),
      body: { getReader: () => ({ read: async () => {
        if (!pieces.length) return { done: true };
        const value = pieces.shift();
        if (value === null) throw new Error("the connection broke");
        return { done: false, value };
      } }) },
    };
  };
  return { fetch, asked };
}

const how = (fetch, more = {}) => ({ fetch, onProgress: () => {}, signal: new AbortController().signal, ...more });

test("a file comes whole, and its progress is told", async () => {
  const told = [];
  const { fetch } = server(bytes("abcdef"));
  const got = await fetched("/x.bel", how(fetch, { onProgress: (done, total) => told.push([done, total]) }));
  assert.deepEqual(got, bytes("abcdef"));
  assert.deepEqual(told, [[2, 6], [6, 6]]);
});

test("a connection that breaks goes on where it was", async () => {
  const { fetch, asked } = server(bytes("abcdef"), { room: 4, breaks: 1 });
  assert.deepEqual(await fetched("/x.bel", how(fetch)), bytes("abcdef"));
  assert.deepEqual(asked, ["", "bytes=4-"]);
});

test("a server that knows no ranges sends it all again, and nothing stands twice", async () => {
  const { fetch } = server(bytes("abcdef"), { room: 4, breaks: 1, ranges: false });
  assert.deepEqual(await fetched("/x.bel", how(fetch)), bytes("abcdef"));
});

test("after three broken connections it is given up", async () => {
  const { fetch, asked } = server(bytes("abcdef"), { room: 1, breaks: 9 });
  await assert.rejects(fetched("/x.bel", how(fetch)), /broke/);
  assert.equal(asked.length, 3);
});

test("whoever stops is not asked again", async () => {
  const own = new AbortController();
  let turns = 0;
  const fetch = async () => {
    turns += 1;
    own.abort();
    throw own.signal.reason;
  };
  await assert.rejects(fetched("/x.bel", how(fetch, { signal: own.signal })));
  assert.equal(turns, 1);
});

test("a sound record with another result than the portal's is told apart", () => {
  const report = { verdict: "verified", uuid: "u", result: [[1, 2]] };
  assert.equal(verdictOf(report, { uuid: "u", result: [[1, 2]] }), "verified");
  assert.equal(verdictOf(report, { uuid: "u", result: [[2, 1]] }), "different");
  assert.equal(verdictOf(report, { uuid: "another", result: [[2, 1]] }), "verified");
  assert.equal(verdictOf(report, { uuid: "u", result: null }), "verified");
  assert.equal(verdictOf({ ...report, verdict: "rejected" }, { uuid: "u", result: [[2, 1]] }), "rejected");
});

test("a fingerprint is compared as people copy it", () => {
  assert.equal(plain(" VqX2 c0mL==\n"), "VqX2c0mL");
  assert.equal(compared("VqX2c0mL", ""), "");
  assert.equal(compared("VqX2c0mL", "VqX2 c0mL="), "same");
  assert.equal(compared("VqX2c0mL", "VqX2"), "short");
  assert.equal(compared("VqX2c0mL", "vqx2c0ml"), "other");
  assert.equal(compared("VqX2c0mL", "VqX2c0mLL"), "other");
});

test("counts say how many of how many hold", () => {
  assert.equal(countOf({ count: 22398, failures: [] }), "22,398 / 22,398");
  assert.equal(countOf({ count: 5, failures: [{}] }), "4 / 5");
  assert.equal(countOf({ count: 3000, failures: Array(1000).fill({}), failures_not_listed: 2000 }), "0 / 3,000");
  assert.equal(countOf({ count: 0, failures: [] }), "");
});

test("what was not checked is not shown as done", () => {
  assert.equal(nodeOf({ status: "passed" }), "done");
  assert.equal(nodeOf({ status: "failed" }), "failed");
  assert.equal(nodeOf({ status: "skipped" }), "next");
});

test("sizes are told as by a file manager", () => {
  assert.equal(sizeOf(12), "12 B");
  assert.equal(sizeOf(149504), "146 KB");
  assert.equal(sizeOf(118 * 2 ** 20), "118.0 MB");
});
