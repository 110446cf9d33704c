import assert from "node:assert/strict";
import { test } from "node:test";
import { Archive, replay } from "../../../static/js/crypto/archive.js";
import { parseRecorded } from "../../../static/js/crypto/ballot.js";
import { StrongProofs, digestOf, parseProofsFile } from "../../../static/js/crypto/decryptions.js";
import { parseElection } from "../../../static/js/crypto/election.js";
import { canonical, utf8 } from "../../../static/js/crypto/encoding.js";
import { Malformed, Rejected, Unsupported } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import * as tally from "../../../static/js/crypto/tally.js";
import { Trustees } from "../../../static/js/crypto/trustees.js";
import { HOMOMORPHIC, archiveOf, fileOf } from "./vectors.js";

const ed25519 = named("Ed25519");

/** A vector's election, trustees, tally and decryptions. */
function load(name) {
  const steps = [...replay(new Archive(archiveOf(name)))];
  const find = (type) => steps.filter((step) => step.event.type === type).map((step) => step.data.map((e) => e.body));
  const [[parameters, trustees]] = find("Setup");
  const election = parseElection(parameters);
  const [[encrypted, sized]] = find("EncryptedTally");
  return {
    election,
    trustees: Trustees.parse(election.group, trustees),
    ballots: find("Ballot").map(([data]) => data),
    encrypted,
    total: tally.parseTally(election, encrypted),
    sized: tally.parseSized(sized),
    decryptions: new Map(find("PartialDecryption").map(([data, owned]) => [
      tally.parseOwned(owned).owner, tally.PartialDecryption.parse(election, data),
    ])),
    result: tally.parseResult(election, find("Result")[0][0]),
  };
}

const text = (bytes) => new TextDecoder().decode(bytes);
const VECTORS = HOMOMORPHIC.filter((name) => name.startsWith("ed25519-3.3.0") || name === "belenios2048-3.3.0-basic");

test("the sum of the last ballots is the recorded tally, to the byte", () => {
  for (const name of ["ed25519-3.3.0-revotes", "ed25519-3.3.0-blank", "belenios2048-3.3.0-basic"]) {
    const { election, ballots, encrypted, sized } = load(name);
    const last = new Map(ballots.map((data) => parseRecorded(election, data)).map((b) => [String(b.credential), b]));
    let total = tally.empty(election);
    for (const ballot of last.values()) total = tally.add(total, ballot.answers.map((answer) => answer.choices));
    assert.equal(tally.tallyJson(total), text(encrypted), name);
    assert.equal(sized.counted, BigInt(last.size));
  }
});

test("a weight is an exponent, and a weight of nothing adds nothing", () => {
  const { election, total } = load("ed25519-3.3.0-basic");
  const zero = tally.empty(election);
  const thrice = tally.add(tally.add(tally.add(zero, total), total), total);
  assert.equal(tally.tallyJson(tally.add(zero, total, 3n)), tally.tallyJson(thrice));
  assert.equal(tally.add(zero, total, 0n), zero);
});

test("decryptions of belenios-tool are proven and combine to the published result", () => {
  for (const name of VECTORS) {
    const { election, trustees, total, decryptions, result, sized } = load(name);
    for (const [owner, decryption] of decryptions) decryption.verify(election, total, trustees.keys.get(owner));
    const points = tally.messages(total, tally.combine(trustees, decryptions));
    tally.checkResult(points, result, sized.weight);
    assert.deepEqual(result.map((row) => row.map(Number)), fileOf(name, "result.json").result.map((row) => row.map(Number)));
    if (sized.weight < 1000n) assert.deepEqual(tally.counts(election.group, points, sized.weight), result, name);
    assert.deepEqual(JSON.parse(tally.resultJson(result)), fileOf(name, "result.json"));
  }
});

test("counts are found anywhere in their range and nowhere else", () => {
  const find = (count, total) => tally.counts(ed25519, [[ed25519.generator.pow(count)]], total)[0][0];
  for (const [count, total] of [[0n, 0n], [0n, 1n], [1n, 1n], [2n, 3n], [600n, 1000n], [99_999n, 100_000n], [100_000n, 100_000n]]) {
    assert.equal(find(count, total), count);
  }
  for (const [count, total] of [[1n, 0n], [4n, 3n], [1001n, 1000n], [-1n, 1000n]]) {
    assert.throws(() => find(count, total), Rejected);
  }
  assert.throws(() => find(1n, 2n ** 41n), Unsupported);
});

test("a published count is the one decrypted, and never more than all votes together", () => {
  const points = [[ed25519.generator.pow(3n)]];
  tally.checkResult(points, [[3n]], 3n);
  assert.throws(() => tally.checkResult(points, [[3n]], 2n), /not possible/);
  assert.throws(() => tally.checkResult(points, [[2n]], 3n), /not what was decrypted/);
  assert.throws(() => tally.checkResult(points, [[3n + ed25519.order]], 1n << 300n), /not possible/);
});

test("a decryption with one factor changed is rejected with its place", () => {
  const { election, trustees, total, decryptions } = load("ed25519-3.3.0-basic");
  const [[owner, decryption]] = decryptions;
  const lie = decryption.toJSON();
  lie.decryption_factors[1][2] = String(ed25519.generator);
  const parsed = tally.PartialDecryption.parse(election, canonical(lie));
  assert.throws(() => parsed.verify(election, total, trustees.keys.get(owner)), (error) =>
    error instanceof Rejected && error.where === "decryption_proofs[1][2]");
  lie.decryption_factors[1].pop();
  assert.throws(() => tally.PartialDecryption.parse(election, canonical(lie)), Malformed);
});

test("too few decryptions do not combine", () => {
  const single = load("ed25519-3.3.0-basic");
  assert.throws(() => tally.combine(single.trustees, new Map()), /trustee 1 is missing/);
  const group = load("ed25519-3.3.0-threshold");
  const block = group.trustees.list.find((member) => member.threshold > 1);
  const few = new Map([...group.decryptions].filter(([owner]) => owner !== block.owners.find((o) => group.decryptions.has(o))));
  assert.throws(() => tally.combine(group.trustees, few), /must decrypt/);
});

test("an own decryption is proven in both ways, and its strong proofs bind every part of it", () => {
  const { election, total, trustees } = load("ed25519-3.3.0-basic");
  const secret = BigInt(fileOf("ed25519-3.3.0-basic", "trustees_private.json").single[0].private_key);
  const key = ed25519.generator.pow(secret);
  const owner = [...trustees.keys].find(([, point]) => point.equals(key))[0];
  const decryption = tally.PartialDecryption.make(election, total, secret);
  decryption.verify(election, total, key);
  const made = StrongProofs.make(election, total, owner, secret, decryption);
  const strong = StrongProofs.parse(election, JSON.parse(canonical(made)));
  assert.equal(strong.payload, digestOf(decryption));
  strong.verify(election, total, key, decryption);
  const refuse = (proofs, sum, by, what) => assert.throws(() => proofs.verify(election, sum, by, what), Rejected);
  refuse(new StrongProofs(owner + 1, strong.payload, strong.proofs), total, key, decryption);
  refuse(strong, total.toReversed(), key, decryption);
  refuse(strong, total, ed25519.generator, decryption);
  refuse(new StrongProofs(owner, strong.payload, strong.proofs.slice(1)), total, key, decryption);
  const file = (changes) => ({
    version: 1, uuid: election.uuid, election_hash: election.fingerprint, decryptions: [made], ...changes,
  });
  const read = (changes) => parseProofsFile(election, utf8(`${canonical(file(changes))}\n`));
  assert.equal(read({}).get(owner).payload, strong.payload);
  assert.throws(() => read({ version: 2 }), Unsupported);
  assert.throws(() => read({ uuid: "AnotherE1ection" }), Rejected);
  assert.throws(() => read({ election_hash: "x" }), Rejected);
  assert.throws(() => read({ decryptions: [made, made] }), /stands twice/);
});
