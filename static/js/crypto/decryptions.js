// Strong proofs of correct decryption, kept beside the archive (docs/record.md section 2; crypto/decryption_proofs.py).
// Version 1's own challenge hashes neither the ciphertext nor the factor: a trustee who works with the last voter can
// shift a count and still pass. Here the transcript binds everything.

import { array, canonical, hexDigest, members, parseJson, sha256Hex, wholeNumber } from "./encoding.js";
import { Malformed, Rejected, Unsupported, within } from "./errors.js";
import { parseProof, proofJson, proveEqualLogarithms, verifyEqualLogarithms } from "./proofs.js";
import * as transcripts from "./transcripts.js";

const FORMAT = 1;

/** What a partial decryption is called: the SHA-256 of its canonical JSON. */
export function digestOf(decryption) {
  return sha256Hex(canonical(decryption));
}

function transcript(election, owner, q, a, points) {
  const { group, fingerprint } = election;
  return (byGenerator, byAlpha) =>
    transcripts.strongDecryption(group, fingerprint, [owner, q, a], [...points, byGenerator, byAlpha]);
}

/** The proofs of one trustee, in the shape of the tally; `payload` is the digest of the decryption they are about. */
export class StrongProofs {
  constructor(owner, payload, proofs) {
    Object.assign(this, { owner, payload, proofs });
  }

  /** One entry of the file. */
  static parse({ group }, value) {
    const fields = members(value, "owner", "payload", "proofs");
    return new StrongProofs(
      within(["owner"], () => wholeNumber(fields.owner, 1)),
      within(["payload"], () => hexDigest(fields.payload)),
      within(["proofs"], () => array(fields.proofs).map((row, q) => within([q], () =>
        array(row).map((proof) => parseProof(group, proof))))),
    );
  }

  /** The proofs for a decryption made with `secret`. @param {bigint} secret */
  static make(election, total, owner, secret, decryption) {
    const key = election.group.generator.pow(secret);
    const proofs = total.map((row, q) => row.map(({ alpha }, a) => {
      const points = [key, alpha, decryption.factors[q][a]];
      return proveEqualLogarithms(secret, alpha, transcript(election, owner, q, a, points));
    }));
    return new StrongProofs(owner, digestOf(decryption), proofs);
  }

  /**
   * That every factor is alpha raised to the private half of `key`. Whether `payload` names this decryption is for the
   * caller to compare.
   */
  verify(election, total, key, decryption) {
    if (canonical(this.proofs.map((row) => row.length)) !== canonical(total.map((row) => row.length))) {
      throw new Rejected("there is not one proof an answer");
    }
    total.forEach((row, q) => row.forEach(({ alpha }, a) => within(["proofs", q, a], () => {
      const factor = decryption.factors[q][a];
      const challenge = transcript(election, this.owner, q, a, [key, alpha, factor]);
      verifyEqualLogarithms(this.proofs[q][a], key, alpha, factor, challenge);
    })));
  }

  toJSON() {
    return { owner: this.owner, payload: this.payload, proofs: this.proofs.map((row) => row.map(proofJson)) };
  }
}

/**
 * Reads `decryption-proofs.json`; it must belong to `election` and name every owner once.
 * @param {Uint8Array | string} data
 * @returns {Map<number, StrongProofs>} by owner
 */
export function parseProofsFile(election, data) {
  const fields = members(parseJson(data), "version", "uuid", "election_hash", "decryptions");
  if (wholeNumber(fields.version) !== FORMAT) {
    throw new Unsupported(`decryption proofs of format ${fields.version} are not known here`);
  }
  if (fields.uuid !== election.uuid || fields.election_hash !== election.fingerprint) {
    throw new Rejected("the decryption proofs belong to another election");
  }
  const found = new Map();
  array(fields.decryptions).forEach((value, index) => within(["decryptions", index], () => {
    const entry = StrongProofs.parse(election, value);
    if (found.has(entry.owner)) throw new Malformed(`trustee ${entry.owner} stands twice`);
    found.set(entry.owner, entry);
  }));
  return found;
}
