import assert from "node:assert/strict";
import { test } from "node:test";
import { target } from "../../static/js/dialog.js";

const link = (opens) => ({ closest: () => (opens ? { dataset: { opens } } : null) });

test("a click on a link opens its dialog", () => {
  assert.equal(target(link("withdraw"), {}), "withdraw");
});

test("a click that wants a new tab stays a link", () => {
  assert.equal(target(link("withdraw"), { ctrlKey: true }), null);
});

test("a link without a dialog stays a link", () => {
  assert.equal(target(link(null), {}), null);
});
