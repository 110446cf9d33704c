// Distributed key generation of threshold trustees (PROTOCOL section 4, steps 1 to 6; Gennaro et al. 2007), as
// crypto/keygen.py, to the byte. Nothing is kept between steps but a trustee's seed: keys and polynomial are derived
// from it. Everybody publishes `commitment` before anybody publishes `deal`, so that nobody can choose coefficients
// after seeing those of others (PROTOCOL section 10).

import { BASE58, array, canonical, digest, members, randomBytes, sha256Hex, text, toInteger } from "./encoding.js";
import { Malformed, Rejected, within } from "./errors.js";
import { parseProof, proofJson } from "./proofs.js";
import { receive, send } from "./channel.js";
import * as transcripts from "./transcripts.js";
import { Certificate, Pedersen, PublicKey, Signed, certificatesText, parseCoefexps, powerOfIndex } from "./trustees.js";

/** base58 characters of a seed: 257 bits. belenios-tool's own seeds have 22. */
export const SEED_LENGTH = 44;

/**
 * What every participant must agree on before anybody makes a key.
 * @typedef {{group: import("./groups.js").Group, size: number, threshold: number}} Ceremony
 */

/** @param {Ceremony} ceremony @throws {Malformed} */
export function checkCeremony({ size, threshold }) {
  if (!(threshold > 0 && threshold <= size)) {
    throw new Malformed("the threshold lies between 1 and the number of trustees");
  }
  if (threshold === 1 && size > 1) {
    throw new Malformed("with a threshold of 1 every trustee could count alone; it is at least 2");
  }
}

/**
 * A trustee's whole secret: 44 random base58 characters. Seeds whose derived keys would be biased by the reduction
 * mod q are thrown away.
 * @param {Ceremony} ceremony
 */
export function newSeed({ group }) {
  const whole = 1n << 256n;
  const bound = (whole / group.order || 1n) * group.order;
  for (;;) {
    const seed = randomCharacters(SEED_LENGTH);
    if (["sk", "dk"].every((prefix) => toInteger(digest(`${prefix}|${seed}`)) < bound)) return seed;
  }
}

function randomCharacters(count) {
  let characters = "";
  while (characters.length < count) {
    // 232 = 4 * 58: a byte above it would make some characters likelier than others
    for (const byte of randomBytes(count)) if (byte < 232 && characters.length < count) characters += BASE58[byte % 58];
  }
  return characters;
}

/**
 * Step 1: the trustee's public keys for the ceremony.
 * @param {Ceremony} ceremony
 * @param {number} index from 1
 * @param {string} seed
 */
export function certificate({ group, size, threshold }, index, seed) {
  const signingKey = transcripts.signingKey(group, seed);
  const message = {
    context: { group: group.name, size, threshold, index },
    verification: group.generator.pow(signingKey),
    encryption: group.generator.pow(transcripts.channelKey(group, seed)),
  };
  return Signed.make(group, signingKey, canonical(message)).toJSON();
}

/**
 * Step 2: all certificates, in order, each signed by itself and all different.
 * @param {Ceremony} ceremony
 * @returns {Certificate[]}
 */
export function checkCertificates({ group, size, threshold }, certs) {
  const parsed = array(certs, size).map((value, index) => within(["certs", index], () => {
    const cert = Certificate.parse(group, value, size, threshold, index + 1);
    cert.verify();
    return cert;
  }));
  const keys = parsed.flatMap((cert) => [String(cert.verification), String(cert.encryption)]);
  if (new Set(keys).size !== keys.length) throw new Rejected("two trustees have the same key");
  return parsed;
}

function seen(certs) {
  return sha256Hex(canonical(certs.map((cert) => cert.signed)));
}

/** Coefficients a0, …, a(t-1), from the seed and all certificates: another ceremony, another polynomial. */
function polynomialOf({ group, size, threshold }, certs, seed) {
  const context = `sawtuna|polynomial|1|${group.name}|${size}|${threshold}|${seen(certs)}`;
  return Array.from({ length: threshold }, (_, k) => group.expand(`${context}|${k}`, seed));
}

function ownIndex({ group }, certs, seed) {
  const own = group.generator.pow(transcripts.signingKey(group, seed));
  const index = certs.findIndex((cert) => cert.verification.equals(own));
  if (index < 0) throw new Rejected("this key takes no part in the ceremony");
  return index;
}

const coefexpsMessage = (points) => canonical({ coefexps: points });

/**
 * Before step 3: what fixes the trustee's polynomial without showing anything of it (hex).
 * @param {Ceremony} ceremony
 * @param {Certificate[]} certs
 * @param {string} seed
 */
export function commitment(ceremony, certs, seed) {
  const points = polynomialOf(ceremony, certs, seed).map((a) => ceremony.group.generator.pow(a));
  return transcripts.coefexpsCommitment(seen(certs), ownIndex(ceremony, certs, seed) + 1, coefexpsMessage(points));
}

/**
 * Step 3: a share of the trustee's polynomial for everybody. Refused before all `commitments` are known, in order, the
 * trustee's own among them.
 * @param {Ceremony} ceremony
 * @param {Certificate[]} certs
 * @param {string} seed
 * @param {string[]} commitments
 */
export async function deal(ceremony, certs, seed, commitments) {
  const { group, size } = ceremony;
  const signingKey = transcripts.signingKey(group, seed);
  const own = ownIndex(ceremony, certs, seed);
  if (array(commitments, size)[own] !== commitment(ceremony, certs, seed)) {
    throw new Rejected("this is not what the trustee had committed to").at("commitments", own);
  }
  const polynomial = polynomialOf(ceremony, certs, seed);
  const points = polynomial.map((coefficient) => group.generator.pow(coefficient));
  const secrets = [];
  for (const [index, cert] of certs.entries()) {
    const secret = String(evaluate(group, polynomial, BigInt(index + 1)));
    secrets.push(await send(signingKey, cert.encryption, { secret }));
  }
  const message = certificatesText(certs.map((cert) => cert.signed), points);
  return {
    polynomial: await send(signingKey, certs[own].encryption, { polynomial: polynomial.map(String) }),
    secrets,
    coefexps: Signed.make(group, signingKey, coefexpsMessage(points)).toJSON(),
    signature: proofJson(Signed.make(group, signingKey, message).signature),
  };
}

function evaluate(group, polynomial, at) {
  return polynomial.reduceRight((value, coefficient) => group.scalar(value * at + coefficient));
}

/** The coefexps of trustee `index` (from 1): signed, of the right degree, committed. */
function checkRevealed({ group, threshold }, certs, index, { coefexps, signature }, committed) {
  const author = certs[index - 1].verification;
  const signed = Signed.parse(group, coefexps);
  signed.verify(author);
  const points = parseCoefexps(group, signed, threshold);
  if (transcripts.coefexpsCommitment(seen(certs), index, signed.message) !== committed) {
    throw new Rejected("this is not what the trustee had committed to");
  }
  const message = certificatesText(certs.map((cert) => cert.signed), points);
  new Signed(message, parseProof(group, signature)).verify(author);
  return points;
}

/**
 * What anybody can check of trustee `index`'s (from 1) step 3: signatures, degree, and its commitment.
 * @param {Ceremony} ceremony
 * @param {Certificate[]} certs
 * @param {number} index
 */
export function checkDeal(ceremony, certs, index, dealt, committed) {
  const fields = members(dealt, "polynomial", "secrets", "coefexps", "signature");
  array(fields.secrets, ceremony.size);
  within(["coefexps"], () => checkRevealed(ceremony, certs, index, fields, committed));
}

/**
 * Steps 4 and 5: takes the trustee's own from all deals, checks every share, adds them up, and answers with the
 * verification key. A wrong share, or one that is not what its author had committed to, is refused with his place,
 * `secrets[i]`.
 * @param {Ceremony} ceremony
 * @param {Certificate[]} certs
 * @param {string} seed
 * @param {object[]} deals in order
 * @param {string[]} commitments in order
 */
export async function finish(ceremony, certs, seed, deals, commitments) {
  const { group, size } = ceremony;
  const own = ownIndex(ceremony, certs, seed);
  const signingKey = transcripts.signingKey(group, seed);
  const channelKey = transcripts.channelKey(group, seed);
  array(commitments, size);
  let total = 0n;
  for (const [index, dealt] of array(deals, size).entries()) {
    try {
      const fields = members(dealt, "secrets", "coefexps", "signature");
      const coefexps = checkRevealed(ceremony, certs, index + 1, fields, commitments[index]);
      const content = await receive(channelKey, certs[index].verification, array(fields.secrets, size)[own]);
      const secret = group.parseScalar(members(content, "secret").secret);
      if (!group.generator.pow(secret).equals(powerOfIndex(coefexps, own + 1))) {
        throw new Rejected("the share does not lie on the trustee's published polynomial");
      }
      total = group.scalar(total + secret);
    } catch (error) {
      within(["secrets", index], () => {
        throw error;
      });
    }
  }
  const key = PublicKey.make(group, total);
  key.signature = Signed.make(group, signingKey, String(key.point)).signature;
  return {
    private_key: await send(signingKey, certs[own].encryption, { decryption_key: String(total) }),
    public_key: key.toJSON(),
  };
}

/**
 * Step 6: the `Pedersen` object of the record, verified whole. Names are added to the verification keys. Everything is
 * spelled anew from what was parsed, so that a store which forgets the order of keys does no harm.
 * @param {Ceremony} ceremony
 * @param {Certificate[]} certs
 * @param {object[]} deals in order
 * @param {object[]} outputs of `finish`, in order
 * @param {(string | null)[]} names
 */
export function assemble({ group, threshold }, certs, deals, outputs, names = []) {
  const block = {
    threshold,
    certs: certs.map((cert) => cert.signed.toJSON()),
    coefexps: deals.map((dealt) => Signed.parse(group, members(dealt, "coefexps").coefexps).toJSON()),
    signatures: deals.map((dealt) => proofJson(parseProof(group, members(dealt, "signature").signature))),
    verification_keys: outputs.map((output, index) => {
      const key = PublicKey.parse(group, members(output, "public_key").public_key);
      key.name = names[index] || key.name;
      return key.toJSON();
    }),
  };
  Pedersen.parse(group, block, 1).verify();
  return block;
}

/**
 * A threshold trustee's decryption key, from his seed and the `private_key` text of step 5.
 * @param {import("./groups.js").Group} group
 * @param {string} seed
 * @param {unknown} sealed
 * @param {import("./groups.js").Point} verificationKey
 * @returns {Promise<bigint>}
 */
export async function decryptionKey(group, seed, sealed, verificationKey) {
  const author = group.generator.pow(transcripts.signingKey(group, seed));
  const content = await receive(transcripts.channelKey(group, seed), author, text(sealed));
  const secret = group.parseScalar(members(content, "decryption_key").decryption_key);
  if (!group.generator.pow(secret).equals(verificationKey)) {
    throw new Rejected("the private key does not belong to the trustee's public key");
  }
  return secret;
}
