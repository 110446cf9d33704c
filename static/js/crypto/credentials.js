// Voters' credentials: the private text in a voter's letter, the public list in the record (as crypto/credentials.py).
//
// The 22-character form of Belenios 2.4 and later. It carries 128 bits; whoever knows it can vote in the voter's name.

import { BASE58, concat, digest, randomBytes, text } from "./encoding.js";
import { Malformed, Rejected } from "./errors.js";

/**
 * @typedef {import("./groups.js").Group} Group
 * @typedef {import("./groups.js").Point} Point
 */

const GROUPS = [5, 6, 5, 6];
const PRIVATE = new RegExp(`^${GROUPS.map((length) => `[${BASE58}]{${length}}`).join("-")}$`);
const WEIGHT = /^(?:0|[1-9][0-9]{0,17})$/;

/** What letters, readers and keyboards put between the letters: spaces of all kinds, dashes, marks of direction. */
const BETWEEN =
  /[\s\u001c-\u001f\u0085\u00ad\u061c\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\u2212\ufeff-]/g;

export const MAX_WEIGHT = 10n ** 18n - 1n;

/** 22 letters in groups of 5, 6, 5 and 6. @param {string} letters */
function dashed(letters) {
  let start = 0;
  return GROUPS.map((length) => letters.slice(start, (start += length))).join("-");
}

/** A fresh private credential, `aXfme-maUqnW-kfv5x-RxPjCg`. @returns {string} */
export function generate() {
  let letters = "";
  while (letters.length < 22) {
    for (const byte of randomBytes(32)) {
      // 232 is four times 58: bytes above it would make some letters likelier.
      if (byte < 232 && letters.length < 22) letters += BASE58[byte % 58];
    }
  }
  return dashed(letters);
}

/**
 * What a person typed, pasted or scanned, as the canonical text. `Malformed` has the kind of mistake as its `code`, never
 * the text: "confusable" (0, O, I or l), "letters" (others that no code has), "length" (`found` says how many there are).
 * @param {string} typed
 * @returns {string}
 */
export function normalise(typed) {
  const letters = text(typed).replace(BETWEEN, "");
  const strange = [...letters].filter((letter) => !BASE58.includes(letter));
  if (strange.length && strange.every((letter) => "0OIl".includes(letter))) {
    throw new Malformed("a voter's code has no 0 (zero), O (capital o), I (capital i) or l (small L)", {
      code: "confusable",
    });
  }
  if (strange.length) throw new Malformed("a voter's code has only Latin letters and digits", { code: "letters" });
  if (letters.length !== 22) {
    const error = new Malformed(`a voter's code has 22 letters and digits; this one has ${letters.length}`, {
      code: "length",
    });
    throw Object.assign(error, { found: letters.length });
  }
  return dashed(letters);
}

/**
 * The key with which the holder of a canonical `credential` signs ballots of election `uuid` (PROTOCOL.md section 2).
 * @param {Group} group
 * @param {string} uuid
 * @param {string} credential
 * @returns {bigint}
 */
export function signingKey(group, uuid, credential) {
  if (!PRIVATE.test(text(credential))) {
    throw new Malformed("a voter's code has the form XXXXX-XXXXXX-XXXXX-XXXXXX", { code: "form" });
  }
  return group.derive(concat(...[0, 1].map((half) => digest(`derive_credential|${uuid}|${half}|${credential}`))));
}

/** What stands in the public list for this credential. @returns {Point} */
export function publicKey(group, uuid, credential) {
  return group.generator.pow(signingKey(group, uuid, credential));
}

/**
 * An entry of the public list, `PUB` or `PUB,WEIGHT`: who may cast a ballot, and how much it weighs.
 * @param {Group} group
 * @returns {{point: Point, weight: bigint, weighted: boolean}}
 */
export function parsePublicCredential(group, value) {
  const entry = text(value);
  const comma = entry.indexOf(",");
  if (comma < 0) return { point: group.parseKey(entry), weight: 1n, weighted: false };
  const weight = entry.slice(comma + 1);
  if (!WEIGHT.test(weight)) throw new Malformed("a weight is a whole number of at most 18 digits");
  return { point: group.parseKey(entry.slice(0, comma)), weight: BigInt(weight), weighted: true };
}

/**
 * The list for the record: sorted by element, so that its order tells nothing; weights for all or for none.
 * @param {Group} group
 * @param {{point: Point, weight?: bigint | null}[]} keys
 * @returns {string[]}
 */
export function publicList(group, keys) {
  const weighted = keys.some(({ weight }) => weight !== undefined && weight !== null);
  const sorted = [...keys].sort((a, b) => group.compare(a.point, b.point));
  return sorted.map(({ point, weight }, index) => {
    if (index && point.equals(sorted[index - 1].point)) throw new Rejected(`the credential ${point} stands twice`);
    if (!weighted) return String(point);
    const number = BigInt(weight ?? 1);
    if (number < 0n || number > MAX_WEIGHT) throw new Malformed("a weight is a whole number of at most 18 digits");
    return `${point},${number}`;
  });
}
