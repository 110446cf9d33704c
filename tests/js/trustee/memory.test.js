import assert from "node:assert/strict";
import { test } from "node:test";
import { memory } from "../../../static/js/booth/sending.js";
import { remembering } from "../../../static/js/trustee/memory.js";

test("what was seen once must be seen again, and the memory of one key is not that of another", () => {
  const store = memory();
  const mine = remembering(store, "one");
  mine.agree("election", "F");
  mine.agree("trustees", "T");
  mine.agree("election", "F");
  assert.throws(() => mine.agree("election", "G"), (error) => error.code === "changed-election");
  assert.deepEqual(remembering(store, "one").all(), { election: "F", trustees: "T" });
  remembering(store, "another").agree("election", "G");
});

test("a memory that is spoilt or full keeps nobody from going on", () => {
  const store = memory();
  for (const text of ["{", "null", "3"]) {
    store.setItem("one", text);
    assert.deepEqual(remembering(store, "one").all(), {});
  }
  const full = { getItem: () => null, setItem() { throw new DOMException("full", "QuotaExceededError"); } };
  remembering(full, "one").agree("election", "F");
});
