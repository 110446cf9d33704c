import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../../../static/js/authority/letters.js";
import { codeIn } from "../../../static/js/booth/code.js";
import { reading } from "../../../static/js/booth/reading.js";
import { photographed } from "./square.js";

const CODE = "aXfme-maUqnW-kfv5x-RxPjCg";
const ADDRESS = addressOf("https://voice.example/booth/ar?election=5o6HuwUTRyvcQB", CODE);

/** What the worker answers to a picture. */
async function answer(picture) {
  const said = [];
  await reading((message) => said.push(message))({ id: 1, do: "decode", patience: 1000, ...picture });
  assert.equal(said.length, 1);
  return said[0];
}

for (const [how, seen] of [
  ["straight", {}],
  ["aslant", { angle: 0.4 }],
  ["on its side", { angle: Math.PI / 2 }],
  ["upside down, in the dusk", { angle: 3, noise: 90 }],
  ["from afar", { width: 1000, height: 562, side: 170, angle: 0.2, noise: 30 }],
  ["in the photograph of a whole page", { width: 1800, height: 2400, side: 260, angle: 0.1, noise: 40 }],
]) {
  test(`what a letter has in its square code is read: ${how}`, async () => {
    const { done } = await answer(photographed(ADDRESS, seen));
    assert.deepEqual(done, [ADDRESS]);
    assert.equal(codeIn(done[0]), CODE);
  });
}

test("two square codes beside each other are both read", async () => {
  const [first, second] = [photographed("something else", { width: 400 }), photographed(ADDRESS, { width: 400 })];
  const both = { width: 800, height: 480, data: new Uint8ClampedArray(800 * 480 * 4) };
  for (let y = 0; y < 480; y += 1) {
    for (const [at, { data }] of [[0, first], [400, second]]) both.data.set(data.subarray(y * 1600, y * 1600 + 1600), (y * 800 + at) * 4);
  }
  assert.deepEqual(new Set((await answer(both)).done), new Set(["something else", ADDRESS]));
});

test("where there is no square code, nothing is read and nothing breaks", async () => {
  assert.deepEqual((await answer({ width: 300, height: 200, data: new Uint8ClampedArray(300 * 200 * 4).fill(128) })).done, []);
  assert.deepEqual((await answer({ width: 1, height: 1, data: new Uint8ClampedArray(4) })).done, []);
});
