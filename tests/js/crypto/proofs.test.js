import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed, Rejected } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import {
  commitOneOf,
  parseProof,
  parseProofLenient,
  proofJson,
  proveEqualLogarithms,
  proveKnowledge,
  proveOneOf,
  verifyEqualLogarithms,
  verifyKnowledge,
  verifyOneOf,
} from "../../../static/js/crypto/proofs.js";
import { GROUPS } from "./samples.js";

for (const name of GROUPS) {
  const group = named(name);
  const many = (commitments) => group.challenge("test|", ...commitments);
  const some = (...commitments) => many(commitments);

  test(`${name}: who knows a logarithm can show it, and no other proof passes`, () => {
    const secret = group.random();
    const key = group.generator.pow(secret);
    const proof = proveKnowledge(group, secret, some);
    verifyKnowledge(parseProof(group, proofJson(proof)), key, some);
    assert.throws(() => verifyKnowledge(proof, key.times(group.generator), some), Rejected);
    assert.throws(() => verifyKnowledge({ ...proof, response: group.scalar(proof.response + 1n) }, key, some), Rejected);
    assert.throws(() => verifyKnowledge(proof, key, (point) => group.challenge("other|", point)), Rejected);
  });

  test(`${name}: two equal logarithms can be shown, different ones cannot`, () => {
    const secret = group.random();
    const base = group.generator.pow(group.random());
    const key = group.generator.pow(secret);
    const proof = proveEqualLogarithms(secret, base, some);
    verifyEqualLogarithms(proof, key, base, base.pow(secret), some);
    assert.throws(() => verifyEqualLogarithms(proof, key, base, base.pow(secret + 1n), some), Rejected);
    assert.throws(() => verifyEqualLogarithms(proof, key.pow(2n), base, base.pow(secret), some), Rejected);
  });

  test(`${name}: one of several plaintexts can be shown whichever it is, and nothing beside them`, () => {
    const key = group.precompute(group.generator.pow(group.random()));
    const values = [1, 2, 3];
    for (const mark of values) {
      const r = group.random();
      const ciphertext = { alpha: group.generator.pow(r), beta: key.pow(r).times(group.generator.pow(BigInt(mark))) };
      const branches = values.map((value) => ({ randomness: r, off: mark - value }));
      const proofs = proveOneOf(branches, mark - 1, key, many);
      const claims = values.map((plaintext) => ({ ciphertext, plaintext }));
      verifyOneOf(claims, proofs, key, many);
      assert.throws(() => verifyOneOf(claims.map((claim) => ({ ...claim, plaintext: claim.plaintext + 3 })), proofs, key, many), Rejected);
      assert.throws(() => verifyOneOf(claims, proofs.slice(1), key, many), Rejected);
      assert.throws(() => verifyOneOf(claims, [...proofs].reverse(), key, many), Rejected);
      const forged = proofs.map((proof, index) => (index ? proof : { ...proof, challenge: group.scalar(proof.challenge + 1n) }));
      assert.throws(() => verifyOneOf(claims, forged, key, many), Rejected);
    }
  });
}

test("a proof about a false statement is not even begun", () => {
  const group = named("Ed25519");
  assert.throws(() => commitOneOf([{ randomness: 5n, off: 1 }], 0, group.generator), RangeError);
  assert.throws(() => commitOneOf([{ randomness: 5n, off: 0 }], 1, group.generator), RangeError);
});

test("a committed proof is closed once: two answers to one commitment would give the secret away", () => {
  const group = named("Ed25519");
  const open = commitOneOf([{ randomness: group.random(), off: 0 }], 0, group.precompute(group.generator.pow(7n)));
  assert.equal(open.close((points) => group.challenge("x", ...points)).length, 1);
  assert.throws(() => open.close((points) => group.challenge("y", ...points)), TypeError);
});

test("proofs are read strictly where they are cast and loosely where they are recorded", () => {
  const group = named("Ed25519");
  for (const value of [null, [], {}, { challenge: "1" }, { challenge: "1", response: "01" }, { challenge: 1, response: "1" },
    { challenge: String(group.order), response: "1" }]) {
    assert.throws(() => parseProof(group, value), Malformed);
  }
  assert.deepEqual(parseProofLenient(group, { response: "0x10", challenge: "01", more: 1 }), { challenge: 1n, response: 16n });
  assert.throws(() => parseProofLenient(group, { challenge: "1", response: String(group.order) }), Malformed);
});
