import assert from "node:assert/strict";
import test from "node:test";

import {
  attach, compared, countOf, fetched, nodeOf, notesOf, plain, sizeOf, verdictOf,
} from "../../../static/js/observer/observer.js";
import { element } from "../element.js";

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

test("a file that only grows goes on where the connection broke", async () => {
  const { fetch, asked } = server(bytes("abcdef"), { room: 4, breaks: 1 });
  assert.deepEqual(await fetched("/x.bel", how(fetch, { grows: true })), bytes("abcdef"));
  assert.deepEqual(asked, ["", "bytes=4-"]);
});

test("a file that may be another one by now begins again", async () => {
  const before = server(bytes('[1,"b"]'), { room: 4, breaks: 1 });
  const after = server(bytes('["a",1]'));
  const asked = [];
  const told = [];
  const fetch = (address, options) => {
    asked.push(options.headers.Range ?? "");
    return (asked.length === 1 ? before : after).fetch(address, options);
  };
  assert.deepEqual(await fetched("/proofs.json", how(fetch, { onProgress: (done) => told.push(done) })), bytes('["a",1]'));
  assert.deepEqual(asked, ["", ""]);
  assert.deepEqual(told, [4, 2, 7]);
});

test("a server that knows no ranges sends it all again, and nothing stands twice", async () => {
  const { fetch } = server(bytes("abcdef"), { room: 4, breaks: 1, ranges: false });
  assert.deepEqual(await fetched("/x.bel", how(fetch, { grows: true })), bytes("abcdef"));
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

const REPORT = { verdict: "verified", uuid: "u", fingerprint: "f", result: [[1, 2]], decryption_proofs: "strong" };
const PAGE = { uuid: "u", fingerprint: "f", result: [[1, 2]] };

test("a sound record with another result than the page's, or without one, is told apart", () => {
  assert.equal(verdictOf(REPORT, PAGE), "verified");
  assert.equal(verdictOf(REPORT, { ...PAGE, result: [[2, 1]] }), "different");
  assert.equal(verdictOf(REPORT, { ...PAGE, result: null }), "verified");
  const unfinished = { ...REPORT, verdict: "in progress", result: null };
  assert.equal(verdictOf(unfinished, PAGE), "different");
  assert.equal(verdictOf(unfinished, { ...PAGE, result: null }), "in progress");
  assert.equal(verdictOf({ ...REPORT, verdict: "rejected" }, { ...PAGE, result: [[2, 1]] }), "rejected");
});

test("what the portal hands out must be the election of the page", () => {
  assert.equal(verdictOf({ ...REPORT, uuid: "other" }, PAGE), "another");
  assert.equal(verdictOf({ ...REPORT, fingerprint: "other" }, PAGE), "another");
  assert.equal(verdictOf({ ...REPORT, uuid: "other", verdict: "in progress" }, PAGE), "another");
  assert.equal(verdictOf({ ...REPORT, uuid: "other", verdict: "unreadable" }, PAGE), "unreadable");
});

test("a file of one's own may be of another election, and that is said", () => {
  const page = { ...PAGE, result: [[2, 1]], fromDisk: true };
  assert.equal(verdictOf({ ...REPORT, uuid: "other" }, page), "verified");
  assert.deepEqual(notesOf({ ...REPORT, uuid: "other" }, page), ["elsewhere"]);
  assert.equal(verdictOf(REPORT, page), "different");
  assert.equal(verdictOf({ ...REPORT, fingerprint: "other" }, page), "another");
  assert.deepEqual(notesOf(REPORT, page), []);
});

test("weak proofs of decryption are said beside the verdict", () => {
  assert.deepEqual(notesOf({ ...REPORT, decryption_proofs: "weak" }, PAGE), ["weak"]);
  assert.deepEqual(notesOf({ ...REPORT, decryption_proofs: "weak", verdict: "rejected" }, PAGE), []);
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

/** The page with a worker that answers when it is told to, and the names of the verdicts it has shown. */
function opened(t, report = REPORT) {
  const asked = [];
  const part = element(asked);
  Object.assign(part.dataset, { uuid: "u", fingerprint: "f", result: "[[1,2]]" });
  const workers = [];
  class FakeWorker {
    constructor() {
      workers.push(this);
      this.heard = {};
    }

    addEventListener(name, listener) {
      this.heard[name] = listener;
    }

    postMessage(message) {
      this.message = message;
    }

    terminate() {}

    answer() {
      this.heard.message({ data: { done: { checks: [], ...report } } });
    }
  }
  const before = { Worker: globalThis.Worker, document: globalThis.document };
  Object.assign(globalThis, { Worker: FakeWorker, document: { createElement: () => element() } });
  t.after(() => Object.assign(globalThis, before));
  attach({ querySelectorAll: () => [part] });
  const file = (selector, text) => {
    part.querySelector(selector).files = [{ arrayBuffer: async () => bytes(text).buffer }];
  };
  return {
    part, workers, file,
    press: (selector) => part.querySelector(selector).heard.click(),
    told: () => asked.flatMap((one) => /^\[data-verdict="(.*)"\]$/.exec(one)?.[1] ?? []),
  };
}

const settled = () => new Promise((resolve) => {
  setTimeout(resolve, 5);
});

test("verifying once more leaves the second run its words, its progress and its button", async (t) => {
  const { part, workers, file, press, told } = opened(t);
  file("[data-bel]", "x");
  press("[data-begin-file]");
  await settled();
  press("[data-begin-file]");
  await settled();
  assert.deepEqual(told(), ["running", "running"]);
  assert.equal(part.querySelector("[data-cancel]").hidden, false);
  assert.equal(workers.length, 2);
  workers[1].answer();
  await settled();
  assert.deepEqual(told(), ["running", "running", "verified"]);
  assert.equal(part.querySelector("[data-cancel]").hidden, true);
});

test("a run that is stopped while its file is read asks no worker", async (t) => {
  const { workers, file, press, told } = opened(t);
  file("[data-bel]", "x");
  press("[data-begin-file]");
  press("[data-cancel]");
  await settled();
  assert.deepEqual(told(), ["running", "stopped"]);
  assert.equal(workers.length, 0);
});

test("strong proofs are demanded of a file from disk only where their file was given", async (t) => {
  const { workers, file, press } = opened(t);
  file("[data-bel]", "x");
  press("[data-begin-file]");
  await settled();
  assert.equal(workers[0].message.requireStrong, false);
  file("[data-proofs-file]", "{}");
  press("[data-begin-file]");
  await settled();
  assert.equal(workers[1].message.requireStrong, true);
});

test("every file that was chosen goes to the worker, and no other", async (t) => {
  const { workers, file, press } = opened(t);
  file("[data-bel]", "x");
  file("[data-seals-file]", "s");
  press("[data-begin-file]");
  await settled();
  const { bel, proofs, seals, previous } = workers[0].message;
  assert.deepEqual([bel, seals].map((buffer) => new TextDecoder().decode(buffer)), ["x", "s"]);
  assert.deepEqual([proofs, previous], [null, null]);
});

test("another election's record from the portal does not hold", async (t) => {
  const { fetch } = server(bytes("abcdef"));
  const before = globalThis.fetch;
  globalThis.fetch = fetch;
  t.after(() => Object.assign(globalThis, { fetch: before }));
  const { workers, press, told } = opened(t, { ...REPORT, uuid: "other" });
  press("[data-begin]");
  await settled();
  assert.equal(workers[0].message.requireStrong, true);
  workers[0].answer();
  await settled();
  assert.deepEqual(told(), ["running", "another"]);
});
