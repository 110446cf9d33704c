import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  audit,
  cast,
  drop,
  parseAnswer,
  parseBallot,
  parseRecorded,
  seal,
  sealCodeOf,
  verifyAnswers,
  verifyAudit,
  verifyBallot,
  verifyElection,
  verifySignature,
} from "../../../static/js/crypto/ballot.js";
import { generate } from "../../../static/js/crypto/credentials.js";
import { parseElection, parseQuestion } from "../../../static/js/crypto/election.js";
import { Malformed, ProtocolError, Rejected } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import { BLANK_ALLOWED, GROUPS, ONE_OF_THREE, UP_TO_TWO, election } from "./samples.js";
import { HOMOMORPHIC, TAMPERED, load } from "./vectors.js";

const copy = (value) => JSON.parse(JSON.stringify(value));

/** What an observer says of one recorded ballot. */
function verifyRecorded(parameters, data) {
  const ballot = parseRecorded(parameters, data);
  verifyElection(parameters, ballot);
  verifySignature(parameters, ballot);
  verifyAnswers(parameters, ballot);
  return ballot;
}

// Against belenios-tool

for (const name of HOMOMORPHIC) {
  test(`${name}: every ballot that belenios-tool made holds, and has the tracker it printed`, () => {
    const vector = load(name);
    const parameters = parseElection(vector.election);
    const trackers = vector.ballots.map((data) => verifyRecorded(parameters, data).tracker);
    assert.deepEqual(trackers, vector.file("votes.json").map(({ tracker }) => tracker));
    verifyBallot(parameters, vector.ballots[0]); // canonical throughout
    const other = vector.ballots[0].toString().replace(/"challenge":"\d/, (text) => `${text}1`);
    assert.throws(() => verifyBallot(parameters, other), ProtocolError);
  });
}

test("the homomorphic answers of a ballot made in RFC-3526-2048 hold", () => {
  const vector = load("belenios2048-3.3.0-rfc3526-mixnet");
  const raw = JSON.parse(vector.election.toString());
  const index = raw.questions.findIndex((question) => !question.type);
  const group = named(raw.group);
  const questions = [parseQuestion(raw.questions[index])];
  for (const data of vector.ballots.slice(0, 2)) {
    const { answers, credential, election_hash: fingerprint } = JSON.parse(data.toString());
    const parameters = { group, questions, fingerprint, publicKey: group.precompute(group.parseKey(raw.public_key)) };
    const parsed = [parseAnswer(group, answers[index], questions[0].size)];
    verifyAnswers(parameters, { answers: parsed, credential: group.parseKey(credential) });
    assert.throws(() => verifyAnswers(parameters, { answers: parsed, credential: group.generator }), Rejected);
  }
});

/** Tampered copies of which a single ballot shows what is wrong, and the others that a verifier of ballots alone takes. */
const BROKEN = /flipped|bad-signature|alpha-outside-subgroup|encoding-big|noncanonical/;
const SPELLED_ODDLY = /encoding-0x|encoding-order|encoding-zero|extra-field/;

for (const name of TAMPERED.filter((name) => BROKEN.test(name))) {
  test(`${name}: a ballot in it is refused`, () => {
    const vector = load(`tampered/${name}`);
    const parameters = parseElection(vector.election);
    const verdicts = vector.ballots.map((data) => {
      try {
        verifyRecorded(parameters, data);
        return true;
      } catch (error) {
        assert.ok(error instanceof ProtocolError, String(error));
        return false;
      }
    });
    assert.ok(verdicts.includes(false));
  });
}

for (const name of TAMPERED.filter((name) => SPELLED_ODDLY.test(name))) {
  test(`${name}: read as it was recorded, refused when it is cast`, () => {
    const vector = load(`tampered/${name}`);
    const parameters = parseElection(vector.election);
    for (const data of vector.ballots) verifyRecorded(parameters, data);
    const refused = vector.ballots.filter((data) => {
      try {
        return !parseBallot(parameters, data);
      } catch (error) {
        assert.equal(error.code, "canonical");
        return true;
      }
    });
    assert.ok(refused.length > 0);
  });
}

// Sealing and casting

const CHOICES = {
  "one of three": [[ONE_OF_THREE], [[0, 1, 0]]],
  "none where none is allowed": [[UP_TO_TWO], [[0, 0, 0]]],
  "the most that is allowed": [[UP_TO_TWO], [[1, 0, 1]]],
  "a blank vote": [[BLANK_ALLOWED], [[1, 0, 0]]],
  "neither blank nor anything": [[BLANK_ALLOWED], [[0, 0, 0]]],
  "everything beside blank": [[BLANK_ALLOWED], [[0, 1, 1]]],
  "several questions": [[ONE_OF_THREE, BLANK_ALLOWED, UP_TO_TWO], [[1, 0, 0], [0, 0, 1], [0, 1, 0]]],
  "no number to choose": [[{ answers: ["A"], min: 0, max: 0, question: "?" }], [[0]]],
};

for (const group of GROUPS) {
  for (const [name, [questions, marks]] of Object.entries(CHOICES)) {
    test(`${group}: ${name} is sealed, cast and verified`, async () => {
      const parameters = election(questions, group);
      const sealed = await seal(parameters, marks);
      assert.match(sealed.sealCode, /^[A-Za-z0-9+/]{43}$/);
      const { ballot, tracker } = cast(parameters, sealed, generate());
      const verified = verifyBallot(parameters, ballot);
      assert.equal(verified.tracker, tracker);
      assert.equal(verified.sealCode, sealed.sealCode);
      assert.equal(sealCodeOf(parameters.fingerprint, JSON.parse(ballot).answers), sealed.sealCode);
    });
  }
}

test("a ballot for one voter proves nothing for another", async () => {
  const parameters = election([ONE_OF_THREE]);
  const ballots = [];
  for (let voter = 0; voter < 2; voter += 1) {
    ballots.push(JSON.parse(cast(parameters, await seal(parameters, [[0, 1, 0]]), generate()).ballot));
  }
  const [mine, other] = ballots;
  const stolen = JSON.stringify({ ...mine, answers: other.answers });
  assert.throws(() => verifyBallot(parameters, stolen), Rejected);
  assert.throws(() => verifyAnswers(parameters, parseRecorded(parameters, stolen)), Rejected);
});

test("a ballot that was touched anywhere is refused", async () => {
  const parameters = election([ONE_OF_THREE, BLANK_ALLOWED]);
  const { ballot } = cast(parameters, await seal(parameters, [[0, 1, 0], [1, 0, 0]]), generate());
  const other = election([ONE_OF_THREE, BLANK_ALLOWED]);
  assert.throws(() => verifyBallot(other, ballot), Rejected);
  const changes = [
    (value) => (value.answers[0].choices.reverse(), value),
    (value) => (value.answers[0].individual_proofs[0].reverse(), value),
    (value) => (value.answers[0].overall_proof[0].response = "1", value),
    (value) => (value.answers[1].blank_proof[0].challenge = "1", value),
    (value) => (delete value.answers[1].blank_proof, value),
    (value) => (value.answers[0].blank_proof = value.answers[1].blank_proof, value),
    (value) => (value.answers.pop(), value),
    (value) => (value.answers[0].choices[1] = value.answers[0].choices[0], value),
    (value) => (value.credential = String(parameters.group.identity), value),
    (value) => (value.election_uuid = "SawtunaTest1235", value),
    (value) => (value.signature.hash = "x", value),
    (value) => ({ ...value, more: 1 }),
    ({ signature, ...value }) => ({ signature, ...value }),
    ({ signature, ...value }) => value,
    () => null,
  ];
  for (const change of changes) {
    assert.throws(() => verifyBallot(parameters, JSON.stringify(change(JSON.parse(ballot)))), ProtocolError, String(change));
  }
  for (const text of [` ${ballot}`, ballot.replace(":", ": "), ballot.replace("election_uuid", "\\u0065lection_uuid"), `${ballot}\n`]) {
    assert.throws(() => verifyBallot(parameters, text), Malformed);
    assert.throws(() => parseRecorded(parameters, text), Malformed);
  }
});

test("a choice that is not allowed is not sealed", async () => {
  const parameters = election([ONE_OF_THREE]);
  for (const marks of [[], [[1, 1, 0]], [[1, 0]], [[1, 0, 0], [1]], null]) {
    await assert.rejects(seal(parameters, marks), Malformed);
  }
});

test("sealing tells how far it is, lets others work, and can be given up", async () => {
  const parameters = election(Array(6).fill({ ...ONE_OF_THREE, answers: [..."ABCDEFGHIJ"] }));
  const marks = Array(6).fill([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const told = [];
  let others = 0;
  const timer = setInterval(() => (others += 1), 1);
  await seal(parameters, marks, (done, total) => told.push([done, total]));
  clearInterval(timer);
  assert.deepEqual(told, Array.from({ length: 66 }, (_, index) => [index + 1, 66]));
  assert.ok(others > 0);
  const given = new AbortController();
  const work = seal(parameters, marks, (done) => done === 3 && given.abort(), given.signal);
  await assert.rejects(work, { name: "AbortError" });
});

// One way out

test("a ballot that was audited can never be cast", async () => {
  const parameters = election([ONE_OF_THREE]);
  const sealed = await seal(parameters, [[0, 0, 1]]);
  assert.equal(sealed.state, "sealed");
  audit(sealed);
  assert.equal(sealed.state, "audited");
  assert.throws(() => cast(parameters, sealed, generate()), (error) => error instanceof Rejected && error.code === "audited");
  assert.throws(() => audit(sealed), Rejected);
});

test("a ballot that was cast can be neither audited nor cast again, not even for another voter", async () => {
  const parameters = election([ONE_OF_THREE]);
  const sealed = await seal(parameters, [[0, 0, 1]]);
  cast(parameters, sealed, generate());
  assert.equal(sealed.state, "cast");
  assert.throws(() => audit(sealed), (error) => error instanceof Rejected && error.code === "cast");
  assert.throws(() => cast(parameters, sealed, generate()), Rejected);
  drop(sealed);
  assert.equal(sealed.state, "cast");
});

test("a dropped ballot is of no use, and a mistyped credential costs no ballot", async () => {
  const parameters = election([ONE_OF_THREE]);
  const sealed = await seal(parameters, [[0, 0, 1]]);
  assert.throws(() => cast(parameters, sealed, "mistyped"), Malformed);
  assert.throws(() => cast(election([ONE_OF_THREE]), sealed, generate()), Rejected);
  assert.equal(sealed.state, "sealed");
  drop(sealed);
  assert.throws(() => audit(sealed), (error) => error.code === "dropped");
});

test("no copy, text or print of a sealed ballot holds a secret, and nobody changes it", async () => {
  const parameters = election([ONE_OF_THREE]);
  const sealed = await seal(parameters, [[0, 0, 1]]);
  const shown = [JSON.stringify(sealed), inspect(sealed, { depth: 9, showHidden: true }), JSON.stringify(structuredClone(sealed))];
  sealed.choices[0].reverse();
  assert.throws(() => (sealed.sealCode = "x"), TypeError);
  assert.throws(() => (sealed.state = "sealed"), TypeError);
  const file = audit(sealed);
  for (const text of shown) {
    for (const secret of file.randomness.flat()) assert.ok(!text.includes(secret));
    assert.ok(!text.includes("marks"));
  }
  verifyAudit(parameters, file); // what was reversed above was a copy
});

// Audits

for (const group of GROUPS) {
  test(`${group}: an audit shows exactly what was sealed`, async () => {
    const parameters = election([ONE_OF_THREE, BLANK_ALLOWED], group);
    const marks = [[0, 0, 1], [1, 0, 0]];
    const sealed = await seal(parameters, marks);
    const file = copy(audit(sealed));
    assert.deepEqual(Object.keys(file), ["format", "election_uuid", "election_hash", "choices", "marks", "randomness"]);
    assert.deepEqual(verifyAudit(parameters, file), { sealCode: sealed.sealCode, marks });
  });
}

test("an audit that was touched anywhere is refused, or has another seal code", async () => {
  const parameters = election([ONE_OF_THREE, BLANK_ALLOWED]);
  const sealed = await seal(parameters, [[0, 0, 1], [0, 1, 0]]);
  const file = copy(audit(sealed));
  const { generator, order, identity } = parameters.group;
  const changes = [
    (value) => (value.marks[0] = [0, 1, 0]),
    (value) => (value.marks[0] = [1, 1, 1]),
    (value) => (value.marks[1] = [1, 0, 0]),
    (value) => (value.marks[0][2] = true),
    (value) => value.marks.pop(),
    (value) => value.randomness[0].reverse(),
    (value) => value.randomness[0].pop(),
    (value) => (value.randomness[0][0] = `0${value.randomness[0][0]}`),
    (value) => (value.randomness[0][0] = String(BigInt(value.randomness[0][0]) + order)),
    (value) => (value.choices[0][0].beta = String(generator)),
    (value) => (value.choices[0][0].alpha = value.choices[0][0].alpha.toUpperCase()),
    (value) => (value.choices[0][0] = { alpha: String(identity), beta: String(identity) }),
    (value) => value.choices.push(value.choices[0]),
    (value) => (value.format = "sawtuna seal audit 2"),
    (value) => (value.election_hash = "x"),
    (value) => (value.election_uuid = "SawtunaTest1235"),
    (value) => delete value.randomness,
  ];
  for (const change of changes) {
    const value = copy(file);
    change(value);
    assert.throws(() => verifyAudit(parameters, value), ProtocolError, String(change));
  }
  const other = copy(audit(await seal(parameters, [[0, 0, 1], [0, 1, 0]])));
  assert.notEqual(verifyAudit(parameters, other).sealCode, sealed.sealCode);
});
