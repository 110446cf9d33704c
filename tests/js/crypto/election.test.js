import assert from "node:assert/strict";
import { test } from "node:test";
import { checkChoice, parseElection, parseQuestion } from "../../../static/js/crypto/election.js";
import { utf8 } from "../../../static/js/crypto/encoding.js";
import { Malformed, Unsupported } from "../../../static/js/crypto/errors.js";
import { parseAnyElection } from "../../../static/js/crypto/foreign.js";
import { named } from "../../../static/js/crypto/groups.js";
import { BLANK_ALLOWED, ONE_OF_THREE, record } from "./samples.js";
import { HOMOMORPHIC, load } from "./vectors.js";

for (const name of HOMOMORPHIC) {
  test(`${name}: the parameters are read and have the fingerprint that its ballots name`, () => {
    const vector = load(name);
    const election = parseElection(vector.election);
    const raw = JSON.parse(vector.election.toString());
    assert.equal(election.fingerprint, JSON.parse(vector.ballots[0].toString()).election_hash);
    assert.equal(election.uuid, raw.uuid);
    assert.equal(election.group.name, raw.group);
    assert.equal(String(election.publicKey), raw.public_key);
    assert.deepEqual(election.questions.map(({ answers }) => answers), raw.questions.map(({ answers }) => answers));
    assert.deepEqual(election.fields, raw);
  });
}

test("elections with ranked questions or lists are called unsupported", () => {
  for (const name of ["ed25519-3.3.0-mixnet", "ed25519-3.3.0-lists", "belenios2048-3.3.0-rfc3526-mixnet"]) {
    assert.throws(() => parseElection(load(name).election), (error) => error instanceof Unsupported && error.code === "unsupported");
  }
});

test("absurd numbers in an election with ranked questions are read as anywhere else", () => {
  const raw = JSON.parse(load("ed25519-3.3.0-mixnet").election.toString());
  const read = (key) => parseAnyElection(utf8(JSON.stringify({ ...raw, [key]: 0 }).replace(`"${key}":0`, `"${key}":${"9".repeat(30)}`)));
  assert.equal(read("further").fields.further, BigInt("9".repeat(30)));
  for (const key of ["uuid", "name", "description"]) assert.throws(() => read(key), Malformed);
});

test("the fingerprint is of the exact bytes", () => {
  const text = record();
  assert.notEqual(parseElection(text).fingerprint, parseElection(`${text}\n`).fingerprint);
});

test("titles of any letters come through as they are", () => {
  const title = "من تختار؟ <script>alert(1)</script> \u202eabc \u0001 \"'\\ 🗳";
  const election = parseElection(record([{ ...ONE_OF_THREE, question: title, answers: [title, "ب"] }], "Ed25519", { name: title }));
  assert.equal(election.name, title);
  assert.deepEqual(election.questions[0].answers, [title, "ب"]);
});

test("a record that is not one is refused with its place", () => {
  const refused = [
    [{ version: 2 }, "version"], [{ version: 1.5 }, "version"], [{ group: "P-256" }, "group"],
    [{ public_key: String(named("Ed25519").identity) }, "public_key"], [{ public_key: "00" }, "public_key"],
    [{ questions: [] }, ""], [{ questions: {} }, "questions"], [{ uuid: "short" }, "uuid"], [{ name: 5 }, ""],
    [{ questions: [{ ...ONE_OF_THREE, max: 4 }] }, "questions[0].max"],
    [{ questions: [{ ...ONE_OF_THREE, min: 2 }] }, "questions[0].min"],
    [{ questions: [{ ...ONE_OF_THREE, answers: [] }] }, "questions[0].answers"],
    [{ questions: [{ ...ONE_OF_THREE, answers: [5] }] }, "questions[0].answers"],
    [{ questions: [{ ...ONE_OF_THREE, blank: "yes" }] }, "questions[0].blank"],
    [{ questions: [ONE_OF_THREE, { type: "Other", value: {} }] }, "questions[1]"],
    [{ questions: [{ ...ONE_OF_THREE, answers: Array(10_001).fill("x") }] }, "questions[0].answers"],
    [{ questions: Array(1_001).fill(ONE_OF_THREE) }, ""],
  ];
  for (const [changes, place] of refused) {
    assert.throws(() => parseElection(record(undefined, "Ed25519", changes)), (error) => {
      assert.ok(error instanceof Malformed, String(error));
      assert.equal(error.where, place);
      return true;
    });
  }
  assert.throws(() => parseElection("null"), Malformed);
  assert.throws(() => parseElection('{"version":1,"version":1}'), Malformed);
});

test("a question may be wrapped with an extra, which is kept", () => {
  const question = parseQuestion({ type: "Homomorphic", value: BLANK_ALLOWED, extra: { hint: 1 } });
  assert.deepEqual(question, { ...BLANK_ALLOWED, size: 3, extra: { hint: 1 } });
});

test("a choice is checked before anything is encrypted, and the kind of mistake is named", () => {
  const one = parseQuestion(ONE_OF_THREE);
  const blank = parseQuestion({ ...BLANK_ALLOWED, min: 1 });
  for (const marks of [[1, 0, 0], [0, 0, 1]]) checkChoice(one, marks);
  for (const marks of [[1, 0, 0], [0, 1, 0], [0, 1, 1]]) checkChoice(blank, marks);
  const refused = [
    [one, [0, 0, 0], "number"], [one, [1, 1, 0], "number"], [one, [1, 0], "marks"], [one, [2, 0, 0], "marks"],
    [one, [true, 0, 0], "marks"], [one, "100", "marks"], [blank, [0, 0, 0], "number"], [blank, [1, 1, 0], "blank"],
    [one, new Array(3), "marks"],
  ];
  for (const [question, marks, code] of refused) {
    assert.throws(() => checkChoice(question, marks), (error) => error instanceof Malformed && error.code === code);
  }
});
