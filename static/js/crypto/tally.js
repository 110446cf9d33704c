// From encrypted ballots to numbers (PROTOCOL section 8, as crypto/tally.py): tally, decryption factors, combination,
// counts. Homomorphic questions only.

import {
  array, bigNumber, bigNumberJson, canonical, hexDigest, members, parseJson, wholeNumber,
} from "./encoding.js";
import { Rejected, Unsupported, within } from "./errors.js";
import { parseProof, proofJson, proveEqualLogarithms, verifyEqualLogarithms } from "./proofs.js";
import * as transcripts from "./transcripts.js";
import { Single, lagrange } from "./trustees.js";

/** The largest count that is searched for: 2^21 steps and as many texts in memory at the most. */
export const MAX_TOTAL_WEIGHT = 2n ** 40n;
/** Points whose texts are made at once, with one inversion. */
const BATCH = 512;

/**
 * @typedef {import("./groups.js").Point} Point
 * @typedef {import("./proofs.js").Ciphertext} Ciphertext
 * @typedef {import("./proofs.js").Proof} Proof
 * @typedef {{uuid: string, fingerprint: string, group: import("./groups.js").Group, publicKey: Point,
 *   questions: {answers: string[], blank: boolean}[]}} Election
 */

/** How many ciphertexts an answer has: one an answer, one more, first, for the blank vote. */
export function sizeOf(question) {
  return question.answers.length + (question.blank ? 1 : 0);
}

/** A value for every question and every answer (the blank vote first). */
function shaped(election, make) {
  return election.questions.map((question, q) => Array.from({ length: sizeOf(question) }, (_, a) => make(q, a)));
}

/** A parsed value for every place of `value`, which must have the shape of the tally. */
function readShaped(election, value, read) {
  return array(value, election.questions.length).map((row, q) =>
    array(row, sizeOf(election.questions[q])).map((item, a) => within([q, a], () => read(item))));
}

/** The encrypted tally of no ballot. @param {Election} election @returns {Ciphertext[][]} */
export function empty({ questions, group }) {
  return shaped({ questions }, () => ({ alpha: group.identity, beta: group.identity }));
}

/**
 * `total` with one more ballot of `weight`, or with another tally.
 * @param {Ciphertext[][]} total
 * @param {Ciphertext[][]} ballot
 * @param {bigint} weight
 */
export function add(total, ballot, weight = 1n) {
  if (weight === 0n) return total;
  const part = (point) => (weight === 1n ? point : point.powPublic(weight));
  return total.map((row, q) => row.map(({ alpha, beta }, a) => ({
    alpha: alpha.times(part(ballot[q][a].alpha)),
    beta: beta.times(part(ballot[q][a].beta)),
  })));
}

/** The canonical text of an encrypted tally. @param {Ciphertext[][]} total */
export function tallyJson(total) {
  return canonical(total.map((row) => row.map(({ alpha, beta }) => ({ alpha, beta }))));
}

/** An encrypted tally from the bytes of the record. @param {Election} election @returns {Ciphertext[][]} */
export function parseTally(election, data) {
  return readShaped(election, parseJson(data), (item) => {
    const fields = members(item, "alpha", "beta");
    const point = (name) => within([name], () => election.group.parsePoint(fields[name]));
    return { alpha: point("alpha"), beta: point("beta") };
  });
}

/** What the EncryptedTally event points to: how many ballots are in the sums, how heavy they are, and the digest. */
export function parseSized(data) {
  const fields = members(parseJson(data), "num_tallied", "total_weight", "encrypted_tally");
  return {
    counted: within(["num_tallied"], () => BigInt(wholeNumber(fields.num_tallied))),
    weight: within(["total_weight"], () => bigNumber(fields.total_weight)),
    digest: within(["encrypted_tally"], () => hexDigest(fields.encrypted_tally)),
  };
}

/** What a PartialDecryption event points to: the trustee's number and the digest of his decryption. */
export function parseOwned(data) {
  const fields = members(parseJson(data), "owner", "payload");
  return {
    owner: within(["owner"], () => wholeNumber(fields.owner, 1)),
    payload: within(["payload"], () => hexDigest(fields.payload)),
  };
}

/** One trustee's factors alpha^d with their version-1 proofs, in the shape of the tally. */
export class PartialDecryption {
  /**
   * @param {Point[][]} factors
   * @param {Proof[][]} proofs
   */
  constructor(factors, proofs) {
    this.factors = factors;
    this.proofs = proofs;
  }

  /** From the bytes of the record. @param {Election} election */
  static parse(election, data) {
    const { group } = election;
    const fields = members(parseJson(data), "decryption_factors", "decryption_proofs");
    const part = (key, read) => within([key], () => readShaped(election, fields[key], read));
    return new PartialDecryption(
      part("decryption_factors", (value) => group.parsePoint(value)),
      part("decryption_proofs", (value) => parseProof(group, value)),
    );
  }

  /**
   * A trustee's part, with his private key.
   * @param {Election} election
   * @param {Ciphertext[][]} total
   * @param {bigint} secret
   */
  static make(election, total, secret) {
    const key = election.group.generator.pow(secret);
    const challenge = (a, b) => transcripts.decryption(election.fingerprint, key, a, b);
    return new PartialDecryption(
      total.map((row) => row.map(({ alpha }) => alpha.pow(secret))),
      total.map((row) => row.map(({ alpha }) => proveEqualLogarithms(secret, alpha, challenge))),
    );
  }

  /** Every version-1 proof. They bind neither alpha nor the factor: see decryptions.js. */
  verify(election, total, key) {
    const challenge = (a, b) => transcripts.decryption(election.fingerprint, key, a, b);
    total.forEach((row, q) => row.forEach(({ alpha }, a) => within(["decryption_proofs", q, a], () =>
      verifyEqualLogarithms(this.proofs[q][a], key, alpha, this.factors[q][a], challenge))));
  }

  toJSON() {
    return {
      decryption_factors: this.factors.map((row) => row.map(String)),
      decryption_proofs: this.proofs.map((row) => row.map(proofJson)),
    };
  }
}

/**
 * The product of all factors. `decryptions` holds valid ones only; the first t by index are used, as in 3.3.0.
 * @param {import("./trustees.js").Trustees} trustees
 * @param {Map<number, PartialDecryption>} decryptions by owner
 * @returns {Point[][]}
 */
export function combine({ group, list }, decryptions) {
  const parts = list.flatMap((member) => {
    const have = member.owners.filter((owner) => decryptions.has(owner));
    if (member instanceof Single) {
      if (!have.length) throw new Rejected(`the decryption of trustee ${member.owner} is missing`);
      return [[decryptions.get(member.owner), 1n]];
    }
    if (have.length < member.threshold) {
      const [first, last] = [member.owners[0], member.owners.at(-1)];
      const there = `${have.length} valid decryptions are there`;
      throw new Rejected(`${member.threshold} of the trustees ${first} to ${last} must decrypt; ${there}`);
    }
    const chosen = have.slice(0, member.threshold);
    const coefficients = lagrange(group.order, chosen.map((owner) => owner - member.firstOwner + 1));
    return chosen.map((owner) => [decryptions.get(owner), coefficients.get(owner - member.firstOwner + 1)]);
  });
  return parts[0][0].factors.map((row, q) => row.map((_, a) =>
    group.product(parts.map(([{ factors }, exponent]) => factors[q][a].powPublic(exponent)))));
}

/** g^count of every answer. @param {Ciphertext[][]} total @param {Point[][]} factors */
export function messages(total, factors) {
  return total.map((row, q) => row.map(({ beta }, a) => beta.over(factors[q][a])));
}

/**
 * The counts, each in 0..totalWeight, by baby steps and giant steps (Shanks 1971).
 * @param {import("./groups.js").Group} group
 * @param {Point[][]} points g^count
 * @param {bigint} totalWeight
 * @returns {bigint[][]}
 */
export function counts(group, points, totalWeight) {
  if (totalWeight > MAX_TOTAL_WEIGHT) {
    throw new Unsupported(
      `the weights add up to ${totalWeight}; results are searched for up to ${MAX_TOTAL_WEIGHT}`,
    );
  }
  const step = Math.floor(Math.sqrt(Number(totalWeight))) + 2; // step^2 > totalWeight, whatever the root was rounded to
  const baby = new Map();
  let next = group.identity;
  for (let exponent = 0; exponent < step; exponent += BATCH) {
    const found = walk(group, next, group.generator, Math.min(BATCH, step - exponent));
    found.texts.forEach((text, index) => baby.set(text, exponent + index));
    next = found.next;
  }
  const back = group.identity.over(next); // g^-step
  return points.map((row) => row.map((target) => {
    let rest = target;
    for (let giant = 0; BigInt(giant) * BigInt(step) <= totalWeight;) {
      const found = walk(group, rest, back, Math.min(16, step));
      for (const text of found.texts) {
        const small = baby.get(text);
        const count = BigInt(giant) * BigInt(step) + BigInt(small ?? 0);
        if (small !== undefined && count <= totalWeight) return count;
        giant += 1;
      }
      rest = found.next;
    }
    throw new Rejected("a count lies outside the possible range: the decryption cannot be right");
  }));
}

/** The texts of `count` points from `start` on, each the one before times `factor`, and the point after them. */
function walk(group, start, factor, count) {
  const points = [];
  let next = start;
  for (let i = 0; i < count; i += 1) {
    points.push(next);
    next = next.times(factor);
  }
  return { texts: group.texts(points), next };
}

/** A result from the bytes of the record. @param {Election} election @returns {bigint[][]} */
export function parseResult(election, data) {
  const fields = members(parseJson(data), "result");
  return within(["result"], () => readShaped(election, fields.result, bigNumber));
}

/** Canonical text of a result. @param {bigint[][]} result */
export function resultJson(result) {
  return canonical({ result: result.map((row) => row.map(bigNumberJson)) });
}

/**
 * That every published count is the one decrypted: g^count equals the message, and count <= totalWeight. Without the
 * bound, count + q would be as good as count.
 * @param {Point[][]} points g^count
 * @param {bigint[][]} result
 * @param {bigint} totalWeight
 */
export function checkResult(points, result, totalWeight) {
  points.forEach((row, q) => row.forEach((point, a) => within(["result", q, a], () => {
    const count = result[q][a];
    if (count > totalWeight || count >= point.group.order) {
      throw new Rejected(`the published count ${String(count).slice(0, 40)} is not possible`);
    }
    if (!point.group.generator.powPublic(count).equals(point)) {
      throw new Rejected(`the published count ${count} is not what was decrypted`);
    }
  })));
}
