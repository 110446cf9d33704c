import assert from "node:assert/strict";
import { test } from "node:test";
import { sameCode, readAudit } from "../../../static/js/booth/check.js";
import { fileName, isFor } from "../../../static/js/booth/receipt.js";
import { described, difference, inFours, isUuid, openness, said, spoken } from "../../../static/js/booth/record.js";

const DETAILS = {
  uuid: "abcdefghijkmno",
  fingerprint: "F",
  title: { ar: "عنوان", en: "Title" },
  description: { ar: "", en: "About" },
  questions: [{ question: { ar: "س", en: "Q" }, answers: [{ ar: "أ", en: "A" }, { en: "B" }], min: 1, max: 1, blank: true }],
};
const RECORD = {
  uuid: "abcdefghijkmno",
  fingerprint: "F",
  name: "عنوان / Title",
  description: "About",
  questions: [{ question: "س / Q", answers: ["أ / A", "B"], min: 1, max: 1, blank: true }],
};
const changed = (change) => {
  const copy = structuredClone(DETAILS);
  change(copy);
  return difference(copy, RECORD);
};

test("texts in two languages are compared with the record's one", () => {
  assert.equal(spoken({ ar: " نعم ", en: "Yes" }), "نعم / Yes");
  assert.equal(spoken({ ar: "2027", en: "2027" }), "2027");
  assert.equal(spoken({}), "");
  assert.equal(difference(DETAILS, RECORD), null);
});

test("whatever the portal would show differently is found, with its place", () => {
  assert.equal(changed((copy) => { copy.fingerprint = "G"; }), "fingerprint");
  assert.equal(changed((copy) => { copy.uuid = "other"; }), "uuid");
  assert.equal(changed((copy) => { copy.title.en = "Other"; }), "title");
  assert.equal(changed((copy) => { copy.description.en = "Other"; }), "description");
  assert.equal(changed((copy) => { copy.questions[0].question.ar = "ص"; }), "questions[0].question");
  assert.equal(changed((copy) => { copy.questions[0].answers.reverse(); }), "questions[0].answers[0]");
  assert.equal(changed((copy) => { copy.questions[0].answers[1].en = "C"; }), "questions[0].answers[1]");
  assert.equal(changed((copy) => { copy.questions[0].answers.push({ en: "D" }); }), "questions[0].answers");
  assert.equal(changed((copy) => { copy.questions.push(copy.questions[0]); }), "questions");
  assert.equal(changed((copy) => { copy.questions[0].max = 2; }), "questions[0].max");
  assert.equal(changed((copy) => { copy.questions[0].blank = false; }), "questions[0].blank");
});

test("what voters are given to read is a part of the record", () => {
  const paper = { title: { ar: "نص", en: "Text" }, sha256: "ab".repeat(32) };
  const bound = `About\n\nنص / Text · SHA-256 ${"ab".repeat(32)}`;
  assert.equal(described(DETAILS.description, [paper]), bound);
  assert.equal(described({}, [paper]), bound.slice("About\n\n".length));
  assert.equal(difference({ ...DETAILS, documents: [paper] }, { ...RECORD, description: bound }), null);
  const other = { ...paper, sha256: "cd".repeat(32) };
  assert.equal(difference({ ...DETAILS, documents: [other] }, { ...RECORD, description: bound }), "description");
  assert.equal(difference({ ...DETAILS, documents: [] }, { ...RECORD, description: bound }), "description");
  assert.equal(difference({ ...DETAILS, documents: [paper] }, RECORD), "description");
});

test("a text that is there in the other language only says which", () => {
  assert.deepEqual(said({ en: "B" }, "ar"), { text: "B", language: "en" });
  assert.deepEqual(said({ ar: "أ", en: "A" }, "en"), { text: "A", language: "en" });
});

test("a vote is open between its times and in no other state", () => {
  const times = { opens_at: "2026-11-24T10:00:00+00:00", closes_at: "2026-11-25T10:00:00+00:00" };
  const at = (state, now) => openness({ state, ...times }, Date.parse(now));
  assert.equal(at("ready", "2026-11-24T09:59:00Z"), "early");
  assert.equal(at("open", "2026-11-24T10:00:00Z"), "open");
  assert.equal(at("ready", "2026-11-24T12:00:00Z"), "open", "its time has come, and nobody has noticed yet");
  assert.equal(at("open", "2029-11-25T10:00:00Z"), "open", "a clock that is wrong keeps nobody from voting");
  assert.equal(at("closed", "2026-11-24T12:00:00Z"), "over");
  assert.equal(at("tallied", "2026-11-24T12:00:00Z"), "over");
  assert.equal(at("cancelled", "2026-11-24T12:00:00Z"), "never");
});

test("a paused vote takes no ballots, though its time has come or is over", () => {
  const vote = { state: "open", paused: true, opens_at: "2026-11-24T10:00:00+00:00", closes_at: "2026-11-25T10:00:00+00:00" };
  assert.equal(openness(vote, Date.parse("2026-11-24T12:00:00Z")), "paused");
  assert.equal(openness(vote, Date.parse("2026-11-26T12:00:00Z")), "paused");
  assert.equal(openness({ ...vote, state: "ready" }, Date.parse("2026-11-24T09:00:00Z")), "early");
  assert.equal(openness({ ...vote, state: "tallied" }, Date.parse("2026-11-26T12:00:00Z")), "over");
});

test("codes are shown in fours, and only an identifier goes into an address", () => {
  assert.deepEqual(inFours("abcdefghi"), ["abcd", "efgh", "i"]);
  assert.ok(isUuid("abcdefghijkmno"));
  for (const other of ["../../account", "short", null, "abcdefghijkmn0"]) assert.ok(!isUuid(other));
});

test("a receipt for another ballot is not taken", () => {
  const receipt = { format: "sawtuna receipt 1", election_uuid: "u", tracker: "t", seal: "s", height: 3 };
  const sent = { uuid: "u", tracker: "t", seal: "s" };
  assert.ok(isFor(receipt, sent));
  for (const [name, value] of [["format", "x"], ["election_uuid", "x"], ["tracker", "x"], ["seal", "x"], ["height", "3"]]) {
    assert.ok(!isFor({ ...receipt, [name]: value }, sent), name);
  }
  assert.ok(!isFor(undefined, sent));
  assert.match(fileName("receipt", "a+/b+/cdefgh"), /^receipt-[A-Za-z0-9]{8}\.json$/);
});

test("the check page reads audit files of the booth and nothing else", () => {
  const file = { format: "sawtuna seal audit 1", election_uuid: "abcdefghijkmno" };
  assert.deepEqual(readAudit(JSON.stringify(file)), file);
  for (const text of ["{", "null", "{}", JSON.stringify({ ...file, election_uuid: "../x" })]) {
    assert.throws(() => readAudit(text), (error) => error.word === "not-a-file");
  }
});

test("a code is compared as it was read aloud", () => {
  assert.equal(sameCode("  ", "ab+/c"), null);
  assert.equal(sameCode("ab+ /c", "ab+/c"), true);
  assert.equal(sameCode("ab-_c", "ab+/c"), true);
  assert.equal(sameCode("ab+/d", "ab+/c"), false);
});
