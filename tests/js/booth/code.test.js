import assert from "node:assert/strict";
import { test } from "node:test";
import { bare, caretAfter, codeIn, grouped, judged } from "../../../static/js/booth/code.js";
import { generate, normalise } from "../../../static/js/crypto/credentials.js";

const CODE = "aXfme-maUqnW-kfv5x-RxPjCg";

test("dashes are set while one types", () => {
  assert.equal(grouped("aXf"), "aXf");
  assert.equal(grouped("aXfmem"), "aXfme-m");
  assert.equal(grouped("aXfmemaUqnWkfv5xRxPjCg"), CODE);
  assert.equal(grouped("aXfmemaUqnWkfv5xRxPjCgZZ"), `${CODE}ZZ`);
});

test("a code is taken with spaces, dashes of all kinds, marks of direction and Arabic digits", () => {
  for (const typed of [" aXfme maUqnW kfv5x RxPjCg\n", "aXfme–maUqnW—kfv5x−RxPjCg", `\u200f${CODE}\u200e`, CODE.replace("5", "٥"), CODE.replace("5", "۵")]) {
    assert.deepEqual(judged(typed), { kind: "whole", wrong: [], found: 22 });
    assert.equal(grouped(typed), CODE);
  }
});

test("letters that no code has are named, each once", () => {
  assert.deepEqual(judged("a0Ol0"), { kind: "confusable", wrong: ["0", "O", "l"], found: 5 });
  assert.deepEqual(judged("aع0ع"), { kind: "letters", wrong: ["ع", "0"], found: 4 });
  assert.deepEqual(judged("١٠"), { kind: "confusable", wrong: ["0"], found: 2 });
});

test("what is missing and what is too much is counted", () => {
  assert.equal(judged("").kind, "empty");
  assert.equal(judged(" - ").kind, "empty");
  assert.deepEqual(judged("aXfme-maU"), { kind: "short", wrong: [], found: 8 });
  assert.deepEqual(judged(`${CODE}Z`), { kind: "long", wrong: [], found: 23 });
});

test("the page and the library agree on every code", () => {
  for (let round = 0; round < 50; round += 1) {
    const code = generate();
    assert.equal(judged(code).kind, "whole");
    assert.equal(grouped(bare(code)), normalise(code));
  }
  const kinds = { confusable: "confusable", letters: "letters", short: "length", long: "length", empty: "length" };
  for (const typed of ["", "aXf", "a0", "aع", `${CODE}Z`, "l".repeat(22)]) {
    assert.throws(() => normalise(typed), (error) => error.code === kinds[judged(typed).kind], typed);
  }
});

test("the caret stays behind the letter that was typed", () => {
  assert.equal(caretAfter(CODE, 3), 3);
  assert.equal(caretAfter(CODE, 5), 6, "behind the dash, where one goes on");
  assert.equal(caretAfter(CODE, 5, true), 5, "before it, or the dash alone would be deleted again and again");
  assert.equal(caretAfter(CODE, 22), CODE.length);
});

test("the picture in a letter holds the code, or an address with the code behind its hash", () => {
  assert.equal(codeIn(CODE), CODE);
  assert.equal(codeIn(`https://voice.example/booth/ar?election=abc#${CODE}`), CODE);
  assert.equal(codeIn("https://voice.example/booth/ar?election=abc"), null);
  assert.equal(codeIn(""), null);
});
