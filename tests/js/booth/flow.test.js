import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, chosen, fault, hasBefore, isBlank, isSingle, marked, next, resume, stepOf, STEPS, wouldLose } from "../../../static/js/booth/flow.js";

const ONE = { min: 1, max: 1, blank: true, size: 4 };
const TWO = { min: 1, max: 2, blank: false, size: 3 };
const ANY = { min: 0, max: 3, blank: true, size: 4 };
const QUESTIONS = [ONE, TWO];

/** A state after some events, each a type or [type, more]. */
function after(state, ...events) {
  return events.reduce((current, event) => {
    const [type, more] = Array.isArray(event) ? event : [event, {}];
    return next(current, { type, ...more }, QUESTIONS);
  }, state);
}

const REVIEW = after(begin(QUESTIONS), ["mark", { place: 1, on: true }], "forward", ["mark", { place: 0, on: true }], "forward");

test("a voter chooses, reviews, seals, casts and gets a receipt", () => {
  assert.equal(REVIEW.at, "review");
  assert.deepEqual(REVIEW.marks, [[0, 1, 0, 0], [1, 0, 0]]);
  const walked = ["forward", "sealed", "cast", "signing", "signed", "accepted"];
  const places = walked.map((_, index) => after(REVIEW, ...walked.slice(0, index + 1)).at);
  assert.deepEqual(places, ["sealing", "sealed", "code", "sending", "sending", "receipt"]);
  assert.deepEqual([REVIEW, after(REVIEW, "forward"), after(REVIEW, ...walked)].map(stepOf), [1, 2, STEPS.length]);
});

test("nobody goes on with too few or too many answers", () => {
  const start = begin(QUESTIONS);
  assert.equal(next(start, { type: "forward" }, QUESTIONS), start);
  assert.equal(fault(TWO, [0, 0, 0]), "few");
  assert.equal(fault(TWO, [1, 1, 1]), "many");
  assert.equal(fault(TWO, [1, 0, 1]), null);
  assert.equal(fault(ONE, [1, 0, 0, 0]), null, "the blank ballot is enough by itself");
  assert.equal(fault(ANY, [0, 0, 0, 0]), null);
});

test("the blank ballot and answers drive each other out", () => {
  const some = marked(ANY, marked(ANY, [0, 0, 0, 0], 1, true), 3, true);
  assert.deepEqual(some, [0, 1, 0, 1]);
  const blank = marked(ANY, some, 0, true);
  assert.deepEqual(blank, [1, 0, 0, 0]);
  assert.ok(isBlank(ANY, blank));
  assert.equal(chosen(ANY, blank), 0);
  assert.deepEqual(marked(ANY, blank, 2, true), [0, 0, 1, 0]);
  assert.deepEqual(marked(ANY, blank, 0, false), [0, 0, 0, 0]);
});

test("where exactly one answer is asked for, a new one takes the place of the old one", () => {
  assert.ok(isSingle(ONE));
  assert.ok(!isSingle({ ...ONE, min: 0 }), "a radio button could not be cleared");
  assert.deepEqual(marked(ONE, [0, 1, 0, 0], 2, true), [0, 0, 1, 0]);
  assert.deepEqual(marked({ min: 1, max: 1, blank: false, size: 2 }, [1, 0], 1, true), [0, 1]);
});

test("a question that is changed leads back to the review, and no other question is lost on the way", () => {
  const changing = after(REVIEW, ["change", { question: 0 }]);
  assert.deepEqual([changing.at, changing.question, changing.reviewing], ["choose", 0, true]);
  const back = after(changing, ["mark", { place: 3, on: true }], "forward");
  assert.deepEqual([back.at, back.marks], ["review", [[0, 0, 0, 1], [1, 0, 0]]]);
  assert.equal(after(changing, "back").at, "review");
  const emptied = after(REVIEW, ["change", { question: 1 }], ["mark", { place: 0, on: false }]);
  assert.equal(after(emptied, "forward"), emptied);
  assert.equal(after(emptied, "back"), emptied);
});

test("after an audit the only ways are a new seal and another choice", () => {
  const opened = after(REVIEW, "forward", "sealed", "audited");
  assert.equal(opened.at, "opened");
  assert.equal(after(opened, "back").at, "review");
  for (const event of ["cast", "signing", "signed", "accepted", "forward"]) assert.equal(after(opened, event), opened, event);
  const again = after(opened, "again");
  assert.deepEqual([again.at, again.marks], ["sealing", REVIEW.marks]);
  assert.equal(after(opened, ["change", { question: 0 }]).at, "choose");
});

test("a seal that was signed never comes back to be opened or signed again", () => {
  const sending = after(REVIEW, "forward", "sealed", "cast", "signing", "signed");
  for (const event of ["back", "audited", "signing", "cast", "sealed"]) assert.equal(after(sending, event), sending, event);
  assert.equal(after(sending, "signin", "forward").at, "sending");
  assert.equal(after(sending, "refused", "again").at, "sealing", "only a new seal is sent after a refusal");
});

test("leaving is warned of only when something would be lost", () => {
  const start = begin(QUESTIONS);
  assert.ok(!wouldLose(start));
  assert.ok(wouldLose(after(start, ["mark", { place: 1, on: true }])));
  assert.ok(wouldLose(REVIEW));
  assert.ok(wouldLose(after(REVIEW, "forward", "sealed", "cast")));
  const sending = after(REVIEW, "forward", "sealed", "cast", "signing", "signed");
  assert.ok(wouldLose(sending), "what a tab keeps ends with the tab");
  assert.ok(wouldLose(after(REVIEW, "forward", "sealed", "cast", "signing", ["signed", { kept: false }])), "this browser keeps nothing");
  assert.ok(!wouldLose(after(sending, "signin")));
  assert.ok(!wouldLose(after(sending, "accepted")));
});

test("one can go back until the ballot is signed", () => {
  const start = begin(QUESTIONS);
  assert.ok(!hasBefore(start));
  assert.ok(hasBefore({ ...start, question: 1 }));
  assert.ok(hasBefore(after(REVIEW, ["change", { question: 0 }])));
  const walked = ["forward", "sealed", "cast", "signing", "signed", "accepted"];
  const found = walked.map((_, index) => hasBefore(after(REVIEW, ...walked.slice(0, index + 1))));
  assert.deepEqual(found, [true, true, true, false, false, false]);
});

test("a ballot of before is not sent unasked, and nothing is sealed in its place unseen", () => {
  const resumed = resume(QUESTIONS);
  assert.deepEqual([resumed.at, resumed.kept, stepOf(resumed)], ["waiting", true, 3]);
  assert.equal(after(resumed, "begin").at, "choose");
  assert.equal(after(resumed, "begin").resumed, false);
  const refused = after(resumed, "forward", "refused");
  assert.equal(refused.at, "refused");
  for (const event of ["again", "change"]) assert.equal(after(refused, event), refused, "its choices are not known any more");
  assert.equal(after(refused, "begin").at, "choose");
});

test("whoever goes back while the ballot is being signed stays, and a seal that is lost leads back to the code", () => {
  const signing = after(REVIEW, "forward", "sealed", "cast", "signing");
  assert.equal(signing.at, "sending");
  assert.ok(!hasBefore(signing));
  assert.equal(after(signing, "back"), signing);
  assert.equal(after(signing, "unsigned").at, "code");
});

test("what has no meaning in a step changes nothing", () => {
  for (const at of Object.keys({ choose: 0, review: 0, sealing: 0, sealed: 0, opened: 0, code: 0, sending: 0, signin: 0, refused: 0, receipt: 0, waiting: 0 })) {
    const state = { ...REVIEW, at };
    assert.equal(next(state, { type: "nothing of the kind" }, QUESTIONS), state);
  }
});
