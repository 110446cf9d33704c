import assert from "node:assert/strict";
import { test } from "node:test";
import { isSigned } from "../../../static/js/crypto/receipt.js";

// Made by ballots/receipts.py with the key of 32 bytes 01: SigningKey(b"\\x01" * 32).
const RECEIPT = {
  format: "sawtuna receipt 1",
  election_uuid: "abcdefghijkmno",
  tracker: "A".repeat(43),
  height: 7,
  event: "0".repeat(64),
  seal: "B".repeat(43),
  key: "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
  signature: "kn6+8BqEGHcZPpuyfVVy/LXq1sZBs47IY1fBz4F0sFt0uNySPiW5qtmT7iAHhT/5895iA7UUpyeO7XOzXRtcDw==",
};

test("a receipt that the portal's key has signed holds, whatever the order of its members", () => {
  assert.ok(isSigned(RECEIPT, RECEIPT.key));
  assert.ok(isSigned(Object.fromEntries(Object.entries(RECEIPT).reverse()), RECEIPT.key));
});

test("a receipt of which anything was changed does not hold, nor one of another key", () => {
  for (const name of ["election_uuid", "tracker", "event", "seal"]) assert.ok(!isSigned({ ...RECEIPT, [name]: "x" }, RECEIPT.key), name);
  assert.ok(!isSigned({ ...RECEIPT, height: 8 }, RECEIPT.key));
  assert.ok(!isSigned(RECEIPT, "0".repeat(64)));
  for (const signature of ["garbage", "", null, RECEIPT.signature.replace(/^./, (letter) => (letter === "A" ? "B" : "A"))]) {
    assert.ok(!isSigned({ ...RECEIPT, signature }, RECEIPT.key), signature);
  }
  assert.ok(!isSigned({ ...RECEIPT, key: "" }, ""));
  assert.ok(!isSigned(null, RECEIPT.key));
});
