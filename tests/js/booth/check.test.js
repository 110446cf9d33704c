import assert from "node:assert/strict";
import test from "node:test";

import { attach, readAudit, sameCode } from "../../../static/js/booth/check.js";
import { element } from "../element.js";

const UUID = "5o6HuwUTRyvcQB";
const FILE = JSON.stringify({ format: "sawtuna seal audit 1", election_uuid: UUID });

/** The page, with a portal that answers everything alike; `said` is the sentence beside the file. */
function opened(t, answer) {
  t.mock.method(globalThis, "fetch", async () => answer());
  const complaints = t.mock.method(console, "error", () => {});
  const page = { ...element(), documentElement: { lang: "en" } };
  const names = ["busy", "not-a-file", "missing", "unreachable", "differs", "broken"];
  page.querySelector("template[data-words]").content.querySelectorAll = () =>
    names.map((word) => ({ dataset: { word }, textContent: word }));
  attach(page);
  const root = page.querySelector("[data-check]");
  const place = root.querySelector('[data-error="file"]');
  return {
    complaints,
    take: async (text) => {
      await root.querySelector("#f-file").heard.change({ target: { files: [{ size: text.length, text: async () => text }] } });
      return place.hidden ? null : place.querySelector("span").textContent;
    },
  };
}

test("what is no audit file is named as such", async (t) => {
  const { take, complaints } = opened(t, () => new Response("{}"));
  assert.equal(await take("holiday"), "not-a-file");
  assert.equal(await take(JSON.stringify({ format: "another" })), "not-a-file");
  assert.equal(complaints.mock.callCount(), 0);
  assert.equal(readAudit(FILE).election_uuid, UUID);
});

test("a portal that does not answer is told from one that does not know the election", async (t) => {
  let status = 404;
  const { take } = opened(t, () => new Response("", { status }));
  assert.equal(await take(FILE), "missing");
  status = 500;
  assert.equal(await take(FILE), "unreachable");
});

test("an answer that nobody foresaw is told to the reader as well", async (t) => {
  const { take, complaints } = opened(t, () => new Response("<html>Sign in to the Wi-Fi</html>"));
  assert.equal(await take(FILE), "broken");
  assert.equal(complaints.mock.callCount(), 1);
});

test("a seal code is compared as people type it", () => {
  assert.equal(sameCode(" ", "ab+c"), null);
  assert.equal(sameCode("ab +c=", "ab+c"), true);
  assert.equal(sameCode("ab-c", "ab+c"), true);
  assert.equal(sameCode("abc", "ab+c"), false);
});
