import assert from "node:assert/strict";
import { test } from "node:test";
import { maySend } from "../../static/js/busy.js";

test("a form is sent once", () => {
  assert.equal(maySend(undefined, 1_000), true);
  assert.equal(maySend(1_000, 1_500), false);
});

test("a form that got no answer may be sent again after a while", () => {
  assert.equal(maySend(1_000, 21_000), true);
});
