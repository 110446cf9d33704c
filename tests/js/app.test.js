import assert from "node:assert/strict";
import { test } from "node:test";
import { needed } from "../../static/js/app.js";
import { titled } from "../../static/js/errors.js";

test("a page fetches only the modules whose elements it holds", () => {
  const page = { querySelector: (selector) => (selector === ".a" ? {} : null) };
  assert.deepEqual(needed(page, [[".a", "one"], [".b", "two"]]), ["one"]);
});

test("the title says how many entries need correcting", () => {
  assert.equal(titled("Sign in", 2), "(2) Sign in");
  assert.equal(titled("Sign in", 0), "Sign in");
});
