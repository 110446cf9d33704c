// Zero-knowledge proofs of version 1: knowledge of a logarithm, equality of two, one of many (as crypto/proofs.py).
//
// Convention: commitment A = g^w, challenge c, response r = w - x*c; the verifier recomputes A = g^r * X^c. `challenge`
// is a function from commitments to a scalar, so that prover and verifier spell the transcript in one place. Verifying
// functions return quietly or throw `Rejected`. Nonces are made here and never leave.

import { members } from "./encoding.js";
import { Rejected } from "./errors.js";

/**
 * @typedef {import("./groups.js").Point} Point
 * @typedef {import("./groups.js").Group} Group
 * @typedef {{challenge: bigint, response: bigint}} Proof
 * @typedef {{alpha: Point, beta: Point}} Ciphertext
 */

/** From `{"challenge","response"}` in canonical decimal. @param {Group} group @returns {Proof} */
export function parseProof(group, value) {
  const fields = members(value, "challenge", "response");
  return { challenge: group.parseScalar(fields.challenge), response: group.parseScalar(fields.response) };
}

/** As found inside recorded answers, in any spelling that belenios-tool takes. @param {Group} group @returns {Proof} */
export function parseProofLenient(group, value) {
  const fields = members(value, "challenge", "response");
  return { challenge: group.parseScalarLenient(fields.challenge), response: group.parseScalarLenient(fields.response) };
}

/** The wire's object, keys in order. @param {Proof} proof */
export function proofJson(proof) {
  return { challenge: String(proof.challenge), response: String(proof.response) };
}

/**
 * That the prover knows x with X = g^x; `challenge` must bind X.
 * @param {Group} group
 * @param {bigint} secret x
 * @param {(commitment: Point) => bigint} challenge
 * @returns {Proof}
 */
export function proveKnowledge(group, secret, challenge) {
  const nonce = group.random();
  const c = challenge(group.generator.pow(nonce));
  return { challenge: c, response: group.scalar(nonce - secret * c) };
}

/**
 * Checks `proveKnowledge`.
 * @param {Proof} proof
 * @param {Point} key X
 * @param {(commitment: Point) => bigint} challenge
 */
export function verifyKnowledge(proof, key, challenge) {
  const commitment = key.group.generator.powPublic(proof.response).times(key.powPublic(proof.challenge));
  if (challenge(commitment) !== proof.challenge) {
    throw new Rejected(`the proof does not fit the key ${key}`, { code: "proof" });
  }
}

/**
 * That log_g(g^x) = log_base(base^x) (Chaum and Pedersen 1992); `challenge` takes (g^w, base^w).
 * @param {bigint} secret x
 * @param {Point} base
 * @param {(byGenerator: Point, byBase: Point) => bigint} challenge
 * @returns {Proof}
 */
export function proveEqualLogarithms(secret, base, challenge) {
  const group = base.group;
  const nonce = group.random();
  const c = challenge(group.generator.pow(nonce), base.pow(nonce));
  return { challenge: c, response: group.scalar(nonce - secret * c) };
}

/**
 * Checks that `key` and `power` are g and `base` raised to one same exponent.
 * @param {Proof} proof
 * @param {Point} key g^x
 * @param {Point} base
 * @param {Point} power base^x
 * @param {(byGenerator: Point, byBase: Point) => bigint} challenge
 */
export function verifyEqualLogarithms(proof, key, base, power, challenge) {
  const byGenerator = key.group.generator.powPublic(proof.response).times(key.powPublic(proof.challenge));
  const byBase = base.powPublic(proof.response).times(power.powPublic(proof.challenge));
  if (challenge(byGenerator, byBase) !== proof.challenge) {
    throw new Rejected("the proof of correct decryption does not hold", { code: "proof" });
  }
}

/**
 * One branch of a proof of "one of many", as the prover knows it: the ciphertext (g^randomness, key^randomness * g^off).
 * The branch is true where `off` is 0.
 * @typedef {{randomness: bigint, off: number}} Branch
 */

/**
 * The expensive half of a proof that one branch encrypts 0 (Cramer, Damgård and Schoenmakers 1994): all commitments,
 * before the challenge can be known. The prover knows the randomness of the false branches as well, so a simulated
 * commitment g^r * alpha^c is g^t with r = t - randomness * c: every power has a base with a table.
 * @param {Branch[]} branches
 * @param {number} truth index of the branch that is true
 * @param {Point} key
 * @returns {{commitments: Point[], close: (challenge: (commitments: Point[]) => bigint) => Proof[]}}
 *   `close` answers with the proofs; a second call would give the witness away, and throws.
 */
export function commitOneOf(branches, truth, key) {
  const group = key.group;
  if (branches[truth]?.off !== 0) throw new RangeError("the branch that is called true is not");
  let nonces = branches.map(() => group.random());
  let challenges = branches.map(() => group.random());
  const commitments = branches.flatMap(({ off }, index) => {
    const own = index === truth ? 0n : BigInt(off);
    // Computed in every branch, also where nothing is multiplied: no branch is told from another by its time.
    const shift = group.generator.pow(challenges[index] * (own || 1n));
    const blinded = key.pow(nonces[index]);
    const shifted = blinded.times(shift);
    return [group.generator.pow(nonces[index]), own ? shifted : blinded];
  });
  return {
    commitments,
    close(challenge) {
      if (nonces === null) throw new TypeError("a proof is closed once");
      const spent = challenges.reduce((sum, c, index) => (index === truth ? sum : sum + c), 0n);
      challenges[truth] = group.scalar(challenge(commitments) - spent);
      const proofs = branches.map(({ randomness }, index) => ({
        challenge: challenges[index],
        response: group.scalar(nonces[index] - randomness * challenges[index]),
      }));
      nonces = challenges = branches = null;
      return proofs;
    },
  };
}

/**
 * Commits and closes in one go.
 * @param {Branch[]} branches
 * @param {number} truth
 * @param {Point} key
 * @param {(commitments: Point[]) => bigint} challenge
 * @returns {Proof[]}
 */
export function proveOneOf(branches, truth, key, challenge) {
  return commitOneOf(branches, truth, key).close(challenge);
}

/**
 * What a verifier says each branch of a statement is: that `ciphertext` encrypts `plaintext`.
 * @typedef {{ciphertext: Ciphertext, plaintext: number}} Claim
 */

/**
 * Checks that one of the claims is true; there must be one proof a claim.
 * @param {Claim[]} claims
 * @param {Proof[]} proofs
 * @param {Point} key
 * @param {(commitments: Point[]) => bigint} challenge
 */
export function verifyOneOf(claims, proofs, key, challenge) {
  if (claims.length !== proofs.length) {
    throw new Rejected(`${proofs.length} proofs where ${claims.length} belong`, { code: "proof" });
  }
  const group = key.group;
  const commitments = new Array(2 * claims.length);
  for (const [ciphertext, indexes] of byCiphertext(claims)) {
    const challenges = indexes.map((index) => proofs[index].challenge);
    const alphas = group.powers(ciphertext.alpha, challenges);
    const betas = group.powers(ciphertext.beta, challenges);
    for (const [place, index] of indexes.entries()) {
      const { challenge: c, response } = proofs[index];
      const { plaintext } = claims[index];
      commitments[2 * index] = group.generator.powPublic(response).times(alphas[place]);
      // (beta / g^m)^c = beta^c * g^(-m*c), and g has a table
      let byKey = key.powPublic(response).times(betas[place]);
      if (plaintext) byKey = byKey.times(group.generator.powPublic(-BigInt(plaintext) * c));
      commitments[2 * index + 1] = byKey;
    }
  }
  const total = group.scalar(proofs.reduce((sum, proof) => sum + proof.challenge, 0n));
  if (challenge(commitments) !== total) throw new Rejected("the proof does not hold", { code: "proof" });
}

/** Indexes of the claims about each ciphertext, whose powers share their squarings. */
function byCiphertext(claims) {
  const found = new Map();
  for (const [index, { ciphertext }] of claims.entries()) {
    found.set(ciphertext, [...(found.get(ciphertext) ?? []), index]);
  }
  return found;
}
