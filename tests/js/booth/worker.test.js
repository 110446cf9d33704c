import assert from "node:assert/strict";
import { test } from "node:test";
import { booth } from "../../../static/js/booth/worker.js";
import { verifyBallot } from "../../../static/js/crypto/ballot.js";
import { generate, publicKey } from "../../../static/js/crypto/credentials.js";
import { utf8 } from "../../../static/js/crypto/encoding.js";
import { parseElection } from "../../../static/js/crypto/election.js";
import { BLANK_ALLOWED, ONE_OF_THREE, record } from "../crypto/samples.js";

/** A booth and what it says; every message goes through the copy that a real worker's messages go through. */
function opened() {
  const said = [];
  const handle = booth((message) => said.push(structuredClone(message)));
  let last = 0;
  const tell = async (message) => {
    const id = ++last;
    await handle(structuredClone({ id, ...message }));
    return said.findLast((answer) => answer.id === id);
  };
  return { tell, said };
}

const DATA = record([ONE_OF_THREE, BLANK_ALLOWED]);
const MARKS = [[0, 1, 0], [1, 0, 0]];

test("a voter loads, seals, audits, seals again and casts", async () => {
  const { tell, said } = opened();
  const { done: shown } = await tell({ do: "load", election: utf8(DATA).buffer });
  assert.equal(shown.questions.length, 2);
  const first = (await tell({ do: "seal", marks: MARKS })).done;
  assert.deepEqual(said.findLast(({ progress }) => progress).progress, { stage: "seal", done: 9, total: 9 });
  const file = (await tell({ do: "audit", sealCode: first.sealCode })).done;
  const checked = (await tell({ do: "verify", file })).done;
  assert.deepEqual(checked, { sealCode: first.sealCode, marks: MARKS });
  const second = (await tell({ do: "seal", marks: MARKS })).done;
  assert.notEqual(second.sealCode, first.sealCode);
  const credential = generate();
  const known = (await tell({ do: "credential", typed: ` ${credential.replaceAll("-", " ")}` })).done;
  const election = parseElection(DATA);
  assert.deepEqual(known, { credential, publicCredential: String(publicKey(election.group, election.uuid, credential)) });
  const made = (await tell({ do: "cast", credential, sealCode: second.sealCode })).done;
  assert.equal(verifyBallot(election, made.ballot).sealCode, second.sealCode);
});

test("nothing is cast after an audit, after a cast, after a cancel or before a seal", async () => {
  const { tell } = opened();
  const credential = generate();
  assert.equal((await tell({ do: "seal", marks: MARKS })).failed.code, "unloaded");
  await tell({ do: "load", election: DATA });
  let sealCode;
  const cast = async () => (await tell({ do: "cast", credential, sealCode })).failed?.code;
  assert.equal(await cast(), "unsealed");
  for (const end of ["audit", "cancel", "cast"]) {
    ({ sealCode } = (await tell({ do: "seal", marks: MARKS })).done);
    await tell({ do: end, credential, sealCode });
    assert.equal(await cast(), "unsealed", end);
  }
});

test("only the seal that the page means is opened or cast", async () => {
  const { tell } = opened();
  await tell({ do: "load", election: DATA });
  const older = (await tell({ do: "seal", marks: MARKS })).done.sealCode;
  const newer = (await tell({ do: "seal", marks: MARKS })).done.sealCode;
  for (const end of ["audit", "cast"]) {
    assert.equal((await tell({ do: end, credential: generate(), sealCode: older })).failed.code, "unsealed", end);
  }
  assert.ok((await tell({ do: "audit", sealCode: newer })).done);
});

test("a mistyped code is named by its kind and the seal is kept", async () => {
  const { tell } = opened();
  await tell({ do: "load", election: DATA });
  const { sealCode } = (await tell({ do: "seal", marks: MARKS })).done;
  assert.equal((await tell({ do: "cast", credential: "abc", sealCode })).failed.code, "length");
  const { ballot } = (await tell({ do: "cast", credential: generate(), sealCode })).done;
  assert.equal(verifyBallot(parseElection(DATA), ballot).sealCode, sealCode);
});

test("what goes wrong is said with its place, and an unknown wish is no more than refused", async () => {
  const { tell } = opened();
  await tell({ do: "load", election: DATA });
  const { failed } = await tell({ do: "seal", marks: [[1, 1, 0], [0, 1, 0]] });
  assert.deepEqual([failed.name, failed.code, failed.place], ["Malformed", "number", ["answers", 0]]);
  assert.equal((await tell({ do: "constructor" })).failed.name, "TypeError");
  assert.equal((await tell({ do: "load", election: "{" })).failed.name, "Malformed");
});

test("a cancel stops a sealing on its way, and a newer seal takes the place of an older one", async () => {
  const many = record(Array(10).fill({ ...ONE_OF_THREE, answers: [..."ABCDEFGHIJ"] }));
  const marks = Array(10).fill([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const { tell } = opened();
  await tell({ do: "load", election: many });
  const given = tell({ do: "seal", marks });
  await tell({ do: "cancel" });
  assert.equal((await given).failed.name, "AbortError");
  const [older, newer] = await Promise.all([tell({ do: "seal", marks }), tell({ do: "seal", marks })]);
  assert.equal(older.failed.name, "AbortError");
  const { ballot } = (await tell({ do: "cast", credential: generate(), sealCode: newer.done.sealCode })).done;
  assert.equal(verifyBallot(parseElection(many), ballot).sealCode, newer.done.sealCode);
});
