import assert from "node:assert/strict";
import test from "node:test";

import { beyond, filled, numerals } from "../../../static/js/elections/live.js";

test("news are the events beyond those of the page, and never fewer than none", () => {
  assert.equal(beyond(7, 9), 2);
  assert.equal(beyond(7, 7), 0);
  assert.equal(beyond(7, 3), 0);
});

test("numbers stand in the reader's digits", () => {
  const arabic = numerals({ lang: "ar", dataset: {} });
  assert.equal(filled("{n}", 12, arabic), "١٢");
  assert.equal(filled("{n}", 12, numerals({ lang: "ar", dataset: { numerals: "latn" } })), "12");
  assert.equal(filled("{n} new", 1200, numerals({ lang: "en", dataset: {} })), "1,200 new");
});
