// What trustees hash into challenges and commitments, spelled once for prover and verifier (as crypto/transcripts.py).
// The spelling of version 1 is that of PROTOCOL sections 4 and 8; what begins with "sawtuna|" is ours, beside it.

import { canonical, sha256Hex, toInteger, utf8, digest } from "./encoding.js";
import { sha512 } from "./noble.js";

/**
 * @typedef {import("./groups.js").Point} Point
 * @typedef {import("./groups.js").Group} Group
 */

/** A trustee's proof that he knows his private key. @param {Point} key @param {Point} commitment */
export function possession(key, commitment) {
  return key.group.challenge(`pok|${key.group.name}|${key}|`, commitment);
}

/** A trustee's signature on a message of the key generation. @param {string} message @param {Point} commitment */
export function signedMessage(message, commitment) {
  return commitment.group.challenge(`sigmsg|${message}|`, commitment);
}

/** The text a threshold trustee signs after seeing all certificates. @param {string} certsAndCoefexps canonical JSON */
export function certificates(certsAndCoefexps) {
  return `certs_sig|${certsAndCoefexps}`;
}

/** A decryption factor. Neither alpha nor the factor is in it: see `strongDecryption`. */
export function decryption(electionHash, key, byGenerator, byAlpha) {
  return key.group.challenge(`decrypt|${electionHash}|${key}|`, byGenerator, byAlpha);
}

/**
 * Ours (docs/record.md section 2): binds a decryption factor to everything it is a statement about.
 * @param {Group} group
 * @param {string} electionHash
 * @param {[owner: number, question: number, answer: number]} place
 * @param {Point[]} points key, alpha, factor, g^w, alpha^w
 */
export function strongDecryption(group, electionHash, place, points) {
  const head = ["sawtuna", "decryption-proof", "1", group.name, electionHash, ...place, ""].join("|");
  return group.scalar(toInteger(sha512(utf8(head + group.texts(points).join(",")))));
}

/** A threshold trustee's signing key. @param {Group} group @param {string} seed */
export function signingKey(group, seed) {
  return group.derive(digest(`sk|${seed}`));
}

/** A threshold trustee's key for messages from the others. @param {Group} group @param {string} seed */
export function channelKey(group, seed) {
  return group.derive(digest(`dk|${seed}`));
}

/**
 * Ours: what threshold trustee `index` publishes before anyone reveals `coefexps` (hex). `certificatesHash` is the hash
 * of all certificates, so that it belongs to one ceremony and one place in it.
 */
export function coefexpsCommitment(certificatesHash, index, message) {
  return sha256Hex(`sawtuna|coefexps|1|${certificatesHash}|${index}|${message}`);
}

/** Ours: what a single trustee publishes before anyone reveals a public key (hex). @param {string} publicKey */
export function keyCommitment(publicKey) {
  return sha256Hex(`sawtuna|trustee-key|1|${canonical(publicKey)}`);
}

/**
 * Ours: the randomness of a key test, from the point that it hides (Fujisaki and Okamoto 1999). Who asks for a test must
 * have known its answer, so nobody can have a voter's ciphertext decrypted by calling it a test.
 */
export function keyTest(key, uuid, index, hidden) {
  return key.group.expand(`sawtuna|key-test|1|${key.group.name}|${uuid}|${index}|${key}`, String(hidden));
}
