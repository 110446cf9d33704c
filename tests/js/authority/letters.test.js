import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, qrPath, runs } from "../../../static/js/authority/letters.js";

test("the code stands behind the sign that browsers do not send", () => {
  assert.equal(new URL(addressOf("https://x.example/booth/ar?election=abc", "aXfme")).hash, "#aXfme");
});

test("a QR code is drawn whole: its three corner marks stand where they belong", () => {
  const { size, path } = qrPath("https://x.example/booth/ar?election=5o6HuwUTRyvcQB#aXfme-maUqnW-kfv5x-RxPjCg");
  const dark = new Set();
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let at = 0; at < Number(width); at += 1) dark.add(`${Number(x) + at},${y}`);
  }
  const square = (left, top) => {
    for (let at = 0; at < 7; at += 1) {
      for (const place of [`${left + at},${top}`, `${left + at},${top + 6}`, `${left},${top + at}`, `${left + 6},${top + at}`]) {
        assert.ok(dark.has(place), place);
      }
    }
    assert.ok(!dark.has(`${left + 1},${top + 1}`));
  };
  square(2, 2);
  square(size - 9, 2);
  square(2, size - 9);
  for (let at = 0; at < size; at += 1) for (const edge of [0, 1, size - 1, size - 2]) assert.ok(!dark.has(`${at},${edge}`));
});

test("letters are printed in runs that a browser can bear", () => {
  assert.deepEqual(runs(0), []);
  assert.deepEqual(runs(200), [[1, 200]]);
  assert.deepEqual(runs(401), [[1, 200], [201, 400], [401, 401]]);
});
