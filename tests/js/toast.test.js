import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE, left } from "../../static/js/toast.js";

test("a toast stays eight seconds", () => {
  assert.equal(left(0), PATIENCE);
});

test("time while somebody points at a toast does not count, time before it does", () => {
  assert.equal(left(3_000), 5_000);
  assert.equal(left(9_000), 0);
});
