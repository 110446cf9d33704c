import assert from "node:assert/strict";
import { test } from "node:test";
import { below, isOrder, orders, shuffled } from "../../../static/js/booth/order.js";
import { memory } from "../../../static/js/booth/sending.js";

const UUID = "abcdefghijkmno";
const questions = (shuffle, length = 12) => [{ answers: Array(length).fill({}), shuffle }];

/** Words from a list, then an error: a test says how much chance it uses. */
function drawing(...words) {
  return () => {
    assert.ok(words.length, "no more chance was foreseen");
    return words.shift();
  };
}

test("answers keep the record's order where the election does not shuffle", () => {
  assert.deepEqual(orders(UUID, questions(false, 3), memory(), drawing()), [[0, 1, 2]]);
});

test("every answer stands somewhere, once", () => {
  for (let round = 0; round < 20; round += 1) {
    const [order] = orders(UUID, questions(true), memory());
    assert.ok(isOrder(order, 12));
  }
});

test("the order is the same for as long as the tab lives, and another in another tab", () => {
  const store = memory();
  const [first] = orders(UUID, questions(true), store);
  assert.deepEqual(orders(UUID, questions(true), store, drawing()), [first]);
  const others = Array.from({ length: 5 }, () => orders(UUID, questions(true), memory())[0].join());
  assert.ok(others.some((other) => other !== first.join()));
});

test("what is kept and is no order of these answers is not believed", () => {
  for (const kept of ["nothing", "{}", "[[0, 0, 1]]", "[[2, 1]]", "[[0, 1, 3]]", "[null]"]) {
    const store = memory();
    store.setItem(`sawtuna order ${UUID}`, kept);
    const [order] = orders(UUID, questions(true, 3), store);
    assert.ok(isOrder(order, 3), kept);
  }
});

test("a number is drawn again where the low ones would be likelier", () => {
  assert.equal(below(3, drawing(2 ** 32 - 1, 5)), 2);
  assert.equal(below(4, drawing(2 ** 32 - 1)), 3);
});

test("each order of three is drawn as often as the others", () => {
  const found = new Map();
  for (let third = 0; third < 3; third += 1) {
    for (let second = 0; second < 2; second += 1) {
      const order = shuffled(3, drawing(third, second)).join();
      found.set(order, (found.get(order) ?? 0) + 1);
    }
  }
  assert.equal(found.size, 6);
});
