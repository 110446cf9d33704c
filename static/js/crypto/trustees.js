// Who can decrypt: trustees on their own ("Single") and groups with a threshold ("Pedersen"), PROTOCOL section 4; a
// port of crypto/trustees.py. Keys are numbered through the whole list from 1; that number is the `owner` of a partial
// decryption. Parsing settles shapes and membership, the verifying functions settle the mathematics.

import { array, canonical, members, parseJson, text, wholeNumber } from "./encoding.js";
import { Malformed, ProtocolError, Rejected, within } from "./errors.js";
import { parseProof, proofJson, proveKnowledge, verifyKnowledge } from "./proofs.js";
import * as transcripts from "./transcripts.js";

/** A bound on the work that a hostile list can cause; real ceremonies have fewer than ten. */
export const MAX_TRUSTEES = 256;

/** A text, usually JSON, and its author's signature. */
export class Signed {
  constructor(message, signature) {
    this.message = message;
    this.signature = signature;
  }

  /** From `{"message","signature"}`. */
  static parse(group, value) {
    const fields = members(value, "message", "signature");
    return within(["signature"], () => new Signed(text(fields.message), parseProof(group, fields.signature)));
  }

  /** Signs `message` with a private key. @param {bigint} key */
  static make(group, key, message) {
    return new Signed(
      message,
      proveKnowledge(group, key, (commitment) => transcripts.signedMessage(message, commitment)),
    );
  }

  /**
   * That the holder of `key` signed it. The challenge does not hash the key (a weakness of version 1): believe it only
   * of a key whose own certificate has been checked first.
   */
  verify(key) {
    verifyKnowledge(this.signature, key, (commitment) => transcripts.signedMessage(this.message, commitment));
  }

  toJSON() {
    return { message: this.message, signature: proofJson(this.signature) };
  }
}

/** A trustee's key with the proof that somebody knows its private half. */
export class PublicKey {
  constructor(point, possession, signature = null, name = null) {
    Object.assign(this, { point, possession, signature, name });
  }

  /** From `{"pok","public_key","signature"?,"name"?}`. */
  static parse(group, value) {
    const fields = members(value, "pok", "public_key");
    const optional = (key, read) => within([key], () => (fields[key] == null ? null : read(fields[key])));
    return new PublicKey(
      within(["public_key"], () => group.parseKey(fields.public_key)),
      within(["pok"], () => parseProof(group, fields.pok)),
      optional("signature", (value) => parseProof(group, value)),
      optional("name", text),
    );
  }

  /** The public half of `secret`, proven. @param {bigint} secret */
  static make(group, secret, name = null) {
    const point = group.generator.pow(secret);
    const proof = proveKnowledge(group, secret, (commitment) => transcripts.possession(point, commitment));
    return new PublicKey(point, proof, null, name);
  }

  /** The proof of possession. */
  verify() {
    verifyKnowledge(this.possession, this.point, (commitment) => transcripts.possession(this.point, commitment));
  }

  toJSON() {
    return {
      pok: proofJson(this.possession),
      public_key: String(this.point),
      ...(this.signature === null ? {} : { signature: proofJson(this.signature) }),
      ...(this.name === null ? {} : { name: this.name }),
    };
  }
}

/** One trustee without whom nothing can be decrypted. */
export class Single {
  constructor(owner, key) {
    Object.assign(this, { owner, key, threshold: 1, owners: [owner] });
  }

  get publicKeys() {
    return [this.key];
  }

  /** The part of the election key. */
  get public() {
    return this.key.point;
  }

  verify() {
    this.key.verify();
  }
}

/** A threshold trustee's keys for signing and for receiving, signed by himself. */
export class Certificate {
  constructor(signed, verification, encryption) {
    Object.assign(this, { signed, verification, encryption });
  }

  /** From a signed message; its context must name this group, `size`, `threshold` and `index` (from 1). */
  static parse(group, value, size, threshold, index) {
    const signed = Signed.parse(group, value);
    const fields = members(parseJson(signed.message), "verification", "encryption");
    if (!("context" in fields)) {
      throw new Rejected("this threshold key was made by a release before 2.5.1, without protection against mixing");
    }
    const expected = { group: group.name, size, threshold, index };
    const context = members(fields.context, ...Object.keys(expected));
    const same = Object.keys(expected).every((key) => context[key] === expected[key]);
    if (!same || Object.keys(context).length !== Object.keys(expected).length) {
      throw new Rejected("the certificate was made for another group of trustees or another place in it");
    }
    return new Certificate(
      signed,
      within(["verification"], () => group.parseKey(fields.verification)),
      within(["encryption"], () => group.parseKey(fields.encryption)),
    );
  }

  /** That it is signed by the key it contains. */
  verify() {
    this.signed.verify(this.verification);
  }
}

/** The g^a0, …, g^a(t-1) of a trustee's polynomial. */
export function parseCoefexps(group, signed, threshold) {
  const fields = members(parseJson(signed.message), "coefexps");
  return array(fields.coefexps, threshold).map((value, index) =>
    within(["coefexps", index], () => group.parseKey(value)));
}

/** What trustee i signs in `signatures[i]`: all certificates and the points of his own coefexps. */
export function certificatesText(certs, coefexps) {
  return transcripts.certificates(canonical({ certs, coefexps: coefexps.map(String) }));
}

/** g^f(index) from g^a0, g^a1, …, by Horner's rule in the exponent. */
export function powerOfIndex(coefexps, index) {
  return coefexps.reduceRight((result, point) => result.powPublic(BigInt(index)).times(point));
}

/** Trustees of whom any `threshold` can decrypt together (Pedersen 1991, with the certificates of release 3). */
export class Pedersen {
  /** From the wire's object, 3.x form. */
  static parse(group, value, firstOwner) {
    const fields = members(value, "threshold", "certs", "coefexps", "verification_keys");
    const size = array(fields.certs).length;
    if (size < 1 || size > MAX_TRUSTEES) {
      throw new Malformed(`a group has from 1 to ${MAX_TRUSTEES} trustees`);
    }
    const threshold = within(["threshold"], () => wholeNumber(fields.threshold, 1, size));
    const each = (key, read) =>
      array(fields[key], size).map((item, index) => within([key, index], () => read(item, index)));
    const block = new Pedersen();
    block.firstOwner = firstOwner;
    block.threshold = threshold;
    block.owners = fields.certs.map((_, index) => firstOwner + index);
    block.certs = each("certs", (item, index) => Certificate.parse(group, item, size, threshold, index + 1));
    block.signedCoefexps = each("coefexps", (item) => Signed.parse(group, item));
    block.coefexps = block.signedCoefexps.map((signed, index) =>
      within(["coefexps", index], () => parseCoefexps(group, signed, threshold)));
    if (!("signatures" in fields)) {
      throw new Rejected("this threshold key was made by a release before 2.5.1, without protection against mixing");
    }
    block.signatures = each("signatures", (item) => parseProof(group, item));
    block.publicKeys = each("verification_keys", (item) => PublicKey.parse(group, item));
    return block;
  }

  /** Every certificate, signature and verification key. */
  verify() {
    this.certs.forEach((cert, index) => within(["certs", index], () => cert.verify()));
    const certs = this.certs.map((cert) => cert.signed);
    this.certs.forEach(({ verification }, index) => {
      within(["coefexps", index], () => this.signedCoefexps[index].verify(verification));
      const message = certificatesText(certs, this.coefexps[index]);
      within(["signatures", index], () => new Signed(message, this.signatures[index]).verify(verification));
    });
    const { group } = this.certs[0].verification;
    const polynomial = Array.from({ length: this.threshold }, (_, k) =>
      group.product(this.coefexps.map((points) => points[k])));
    this.publicKeys.forEach((key, index) => within(["verification_keys", index], () => {
      if (!key.point.equals(powerOfIndex(polynomial, index + 1))) {
        throw new Rejected("the key does not follow from the trustees' polynomials");
      }
      key.verify();
      if (key.signature === null) {
        throw new Rejected("this threshold key was made by a release before 3.0: a trustee's signature is missing");
      }
      new Signed(String(key.point), key.signature).verify(this.certs[index].verification);
    }));
  }

  /** The part of the election key. */
  get public() {
    return this.coefexps.map((points) => points[0]).reduce((product, point) => product.times(point));
  }
}

/** The whole list of a record. */
export class Trustees {
  constructor(group, list) {
    this.group = group;
    this.list = list;
    /** Key of each owner, against which his partial decryptions are checked. @type {Map<number, object>} */
    this.keys = new Map();
    /** What each owner is called in the record. @type {Map<number, string | null>} */
    this.names = new Map();
    for (const member of list) {
      member.publicKeys.forEach((key, index) => {
        this.keys.set(member.owners[index], key.point);
        this.names.set(member.owners[index], key.name);
      });
    }
  }

  /** From the bytes of the record, or their JSON. */
  static parse(group, data) {
    const list = [];
    let owner = 1;
    array(parseJson(data)).forEach((pair, index) => within([index], () => {
      const [kind, value] = array(pair, 2);
      if (kind === "Single") list.push(new Single(owner, PublicKey.parse(group, value)));
      else if (kind === "Pedersen") list.push(Pedersen.parse(group, value, owner));
      else throw new Malformed("a trustee is of kind “Single” or “Pedersen”");
      owner += list.at(-1).owners.length;
      if (owner > MAX_TRUSTEES + 1) {
        throw new Malformed(`a group has from 1 to ${MAX_TRUSTEES} trustees`);
      }
    }));
    if (!list.length) throw new Malformed("an election has at least one trustee");
    return new Trustees(group, list);
  }

  /** The election's public key. */
  combinedKey() {
    return this.group.product(this.list.map((member) => member.public));
  }

  /** Everything wrong with each trustee, one error a member at most, in order. @returns {ProtocolError[]} */
  errors() {
    return this.list.flatMap((member, index) => {
      try {
        within([index], () => member.verify());
        return [];
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        return [error];
      }
    });
  }

  /** No key may stand twice, whatever it is for: a copied key takes part without anybody behind it. */
  verifyDistinct() {
    const seen = new Map();
    this.list.forEach((member, index) => {
      for (const [place, point] of placesOf(member)) {
        const where = `[${index}].${place}`;
        const other = seen.get(String(point));
        if (other) throw new Rejected(`${other} and ${where} are the same key`);
        seen.set(String(point), where);
      }
    });
  }
}

function placesOf(member) {
  if (member instanceof Single) return [["public_key", member.key.point]];
  // With a threshold of 1 every trustee holds the same key by construction; only one of them is compared.
  const keys = member.threshold > 1 ? member.publicKeys : member.publicKeys.slice(0, 1);
  return [
    ...member.certs.flatMap((cert, index) => [
      [`certs[${index}].verification`, cert.verification],
      [`certs[${index}].encryption`, cert.encryption],
    ]),
    ...member.coefexps.map((points, index) => [`coefexps[${index}][0]`, points[0]]),
    ...keys.map((key, index) => [`verification_keys[${index}]`, key.point]),
  ];
}

/**
 * Coefficients at 0 for a set of distinct indexes: L_j = prod m/(m-j) mod q.
 * @param {bigint} order
 * @param {number[]} indexes
 * @returns {Map<number, bigint>}
 */
export function lagrange(order, indexes) {
  const mod = (value) => ((value % order) + order) % order;
  return new Map(indexes.map((j) => {
    let numerator = 1n;
    let denominator = 1n;
    for (const m of indexes.filter((other) => other !== j)) {
      numerator = mod(numerator * BigInt(m));
      denominator = mod(denominator * BigInt(m - j));
    }
    return [j, mod(numerator * inverse(denominator, order))];
  }));
}

/** The inverse modulo a prime, by Euclid's algorithm. */
function inverse(value, prime) {
  let [a, b, x, y] = [value, prime, 1n, 0n];
  while (b) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % prime) + prime) % prime;
}
