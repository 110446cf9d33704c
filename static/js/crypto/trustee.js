// What one trustee does: makes a key together with the others, proves that the saved key file works, decrypts the count.
//
// The key file and everything published have the shapes of crypto/cli/ceremony.py, so that trustees with a browser and
// trustees with `sawtuna trustee` share one ceremony, and either reads the other's key file. The page keeps the key file
// that `advance` hands back *before* it publishes anything: what is published is in the file, and can be sent again.

import { sameBytes } from "./archive.js";
import { StrongProofs } from "./decryptions.js";
import {
  array, canonical, electionUuid, hexDigest, members, parseJson, sha256B64, sha256Hex, text, utf8, wholeNumber,
} from "./encoding.js";
import { Malformed, Rejected, within } from "./errors.js";
import { named } from "./groups.js";
import * as keygen from "./keygen.js";
import { verifyRecord } from "./record.js";
import { PartialDecryption, tallyJson } from "./tally.js";
import * as transcripts from "./transcripts.js";
import { MAX_TRUSTEES, PublicKey, Trustees } from "./trustees.js";

const KEY_FORMAT = "sawtuna trustee key 1";
const DECRYPTION_FORMAT = "sawtuna decryption 1";
const PINS = ["certificates", "commitments", "sealed_key", "public_key", "opened"];

/**
 * A trustee's private file: `seed` for a threshold ceremony, `private_key` when all are needed. `certificates` and
 * `commitments` are hashes of what the trustee has seen and relied on, `opened` that of the one sum that he has opened a
 * part of; `published` is what he has published, by kind.
 * @typedef {{format: string, uuid: string, group: string, index: number, size: number, threshold: number, name: string,
 *   seed?: string, private_key?: string, certificates?: string, commitments?: string, sealed_key?: string,
 *   public_key?: string, opened?: string, published: Record<string, object>}} KeyFile
 */

/**
 * Reads a key file: its text, its bytes, or the object in it. No error repeats anything of it.
 * @param {string | Uint8Array | object} source
 * @returns {KeyFile} with its keys in the order of the format
 * @throws {Malformed} with code "key file" when it is not one
 */
export function readKey(source) {
  try {
    const isText = typeof source === "string" || source instanceof Uint8Array;
    return arranged(isText ? parseJson(source) : source);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Malformed(error.message, { code: "key file", place: error.place });
  }
}

/** The text of the file to save: indented, as `sawtuna trustee` writes it. @param {KeyFile} key */
export function keyText(key) {
  return `${JSON.stringify(arranged(key), null, 1)}\n`;
}

function arranged(value) {
  const fields = members(value, "format", "uuid", "group", "index", "size", "threshold", "name");
  const seed = fields.seed ?? null;
  const secret = fields.private_key ?? null;
  if (fields.format !== KEY_FORMAT || (seed === null) === (secret === null)) {
    throw new Malformed("this is not a trustee's key file");
  }
  const group = named(fields.group);
  const key = { format: KEY_FORMAT, uuid: electionUuid(fields.uuid), group: group.name };
  for (const number of ["index", "size", "threshold"]) key[number] = wholeNumber(fields[number], 1, MAX_TRUSTEES);
  key.name = text(fields.name);
  if (seed !== null) key.seed = text(seed);
  if (secret !== null) key.private_key = String(group.parseScalar(secret));
  for (const pin of PINS) if (Object.hasOwn(fields, pin)) key[pin] = text(fields[pin]);
  key.published = members(fields.published ?? {});
  return key;
}

/** Whether the trustee can decrypt with this file alone. @param {KeyFile} key */
export function isComplete(key) {
  return key.public_key !== undefined && (key.seed === undefined || key.sealed_key !== undefined);
}

/** The decryption key and its public half. @param {KeyFile} key @throws {Rejected} when they do not fit */
async function secretOf(key) {
  if (!isComplete(key)) throw new Rejected("this key is not complete: the ceremony is not over", { code: "incomplete" });
  const group = named(key.group);
  const point = group.parseKey(key.public_key);
  if (key.seed !== undefined) {
    return { group, point, secret: await keygen.decryptionKey(group, key.seed, key.sealed_key, point) };
  }
  const secret = group.parseScalar(key.private_key);
  if (!group.generator.pow(secret).equals(point)) {
    throw new Rejected("the private key does not belong to the trustee's public key");
  }
  return { group, point, secret };
}

/** Encrypts a test to the public key and decrypts it with what the file holds. @param {KeyFile} key */
export async function proveUsable(key) {
  const { group, point, secret } = await secretOf(key);
  const hidden = group.generator.pow(group.random());
  const randomness = group.random();
  const alpha = group.generator.pow(randomness);
  const beta = point.pow(randomness).times(hidden);
  if (!beta.over(alpha.pow(secret)).equals(hidden)) throw new Rejected("the key cannot decrypt a test");
}

/**
 * The answer to a test of the server: the text of the point that it has encrypted to this key.
 *
 * A machine that decrypts whatever it is sent would decrypt a voter's ballot too. So the randomness of a test follows
 * from the point in it (`transcripts.keyTest`): only who knew the answer can have asked.
 * @param {KeyFile} key
 * @param {{alpha: string, beta: string}} test
 * @returns {Promise<string>}
 * @throws {Rejected} with code "no test" when it is not made so
 */
export async function answerTest(key, test) {
  const { group, point, secret } = await secretOf(key);
  const fields = members(test, "alpha", "beta");
  const alpha = within(["alpha"], () => group.parseKey(fields.alpha));
  const beta = within(["beta"], () => group.parsePoint(fields.beta));
  const hidden = beta.over(alpha.pow(secret));
  const randomness = transcripts.keyTest(point, key.uuid, key.index, hidden);
  if (!group.generator.pow(randomness).equals(alpha)) {
    throw new Rejected("this is no test of the key, and is not decrypted", { code: "no test" });
  }
  return String(hidden);
}

/** A test for whoever asks (the server's half of `answerTest`; crypto/key_proof.py makes the same). */
export function makeTest(publicKey, uuid, index) {
  const { group } = publicKey;
  const hidden = group.generator.pow(group.random());
  const randomness = transcripts.keyTest(publicKey, uuid, index, hidden);
  const test = { alpha: String(group.generator.pow(randomness)), beta: String(publicKey.pow(randomness).times(hidden)) };
  return { test, answer: String(hidden) };
}

/**
 * A trustee's part of the count, with both kinds of proof. The caller has verified the record and recomputed `total`
 * from its ballots: nothing else is ever to be decrypted.
 * @param {KeyFile} key
 * @param {import("./tally.js").Election} election
 * @param {import("./proofs.js").Ciphertext[][]} total
 * @param {Trustees} trustees
 */
export async function decrypt(key, election, total, trustees) {
  if (key.uuid !== election.uuid) {
    throw new Rejected(`this key belongs to election ${key.uuid}; a key is used for one election only`);
  }
  const { point, secret } = await secretOf(key);
  const owner = [...trustees.keys].find(([, other]) => String(other) === String(point))?.[0];
  if (owner === undefined) throw new Rejected("this key is not among the election's trustees", { code: "not among" });
  const decryption = PartialDecryption.make(election, total, secret);
  const strong = StrongProofs.make(election, total, owner, secret, decryption);
  return {
    format: DECRYPTION_FORMAT,
    uuid: election.uuid,
    decryption: decryption.toJSON(),
    strong: strong.toJSON(),
  };
}

/**
 * A trustee's part of the count, from a record that nobody vouches for: it is verified whole, the ballots are added up
 * again, and nothing but their sum is ever decrypted.
 * @param {KeyFile} key
 * @param {Uint8Array} bel the archive
 * @param {Uint8Array | string | object | null} proofsJson the strong proofs of those who have decrypted before
 * @param {object} [options] those of `verifyRecord`, and
 * @param {Uint8Array | string | null} [options.tally] the encrypted tally as somebody else has it; another is refused
 * @returns {Promise<{body: object, opened: string, ballots: object, fingerprint: string, publicKey: string, head: string}>}
 *   `body` is what is handed in, once the trustee has compared the rest with the others; `opened` is the sum's hash
 * @throws {Rejected} with code "record" when the record does not hold, "phase" when there is nothing to decrypt, "tally",
 *   "opened" when this key has opened another sum before, "not among" when it is no trustee's key of this record
 */
export async function decryptRecord(key, bel, proofsJson, { tally = null, ...options } = {}) {
  const report = await verifyRecord(bel, proofsJson, options);
  if (report.verdict !== "in progress" && report.verdict !== "verified") {
    const [first] = report.failed;
    const reason = first ? report.outcomes[first].failures[0]?.reason : (report.unreadable ?? report.unsupported).message;
    throw new Rejected(`the record is ${report.verdict}, so nothing is decrypted: ${reason}`, { code: "record" })
      .at(...(first ? [first] : []));
  }
  const { election, trustees, total } = report.evidence;
  if (report.uuid !== key.uuid) {
    throw new Rejected(`this key belongs to election ${key.uuid}; a key is used for one election only`, {
      code: "other key",
    });
  }
  if (!["EncryptedTally", "PartialDecryption"].includes(report.phase)) {
    throw new Rejected("there is nothing to decrypt: the vote has to be closed and added up, and not yet counted", {
      code: "phase",
    });
  }
  if (tally !== null && !sameBytes(utf8(tallyJson(total)), typeof tally === "string" ? utf8(tally) : tally)) {
    throw new Rejected("this is not the sum of the ballots, and is not decrypted", { code: "tally" });
  }
  // The sum of all ballots but one, opened as well, would tell how that one voter voted.
  const opened = sha256B64(tallyJson(total));
  if ((key.opened ?? opened) !== opened) {
    throw new Rejected("this key has opened another sum for this election before", { code: "opened" });
  }
  const body = await decrypt(key, election, total, trustees);
  const { ballots, fingerprint } = report.toJSON();
  return { body, opened, ballots, fingerprint, publicKey: String(election.publicKey), head: report.head };
}

// The ceremony

/**
 * The server's answer to GET ceremony; further keys of it do not matter here. `published` maps a kind, then a trustee's
 * number, to what he has published.
 * @typedef {{uuid: string, group: string, size: number, threshold: number, index: number, name: string,
 *   published: Record<string, Record<string, object>>, trustees?: string[], public_key?: string | null}} State `trustees`
 *   are the names as they will stand in the record; where they are not given, those that each has published himself
 *
 * What is next. `keyFile` is to be saved before `publish` is sent; `waitingFor` are the trustees whose part of this step
 * is missing; `ready`: the list of trustees is made and verified whole, this trustee's key is in it and works.
 * @typedef {{keyFile: KeyFile, publish: {kind: string, body: object} | null, waitingFor: number[], ready: boolean,
 *   step: number, steps: number, trustees: string | null, fingerprint: string | null, publicKey: string | null}} Next
 */

/**
 * Does whatever is next for one trustee. It can be repeated any number of times: what has been published before is
 * published again to the byte, and what others have changed since this trustee relied on it is refused.
 * @param {State} state
 * @param {KeyFile | null} keyFile null at the very first step: then a key is made
 * @param {string} [name] of the trustee, for the first step; else the one that the server knows
 * @returns {Promise<Next>}
 * @throws {Rejected} placed at [kind, number of the trustee who is to blame]
 */
export async function advance(state, keyFile, name) {
  const table = new Table(state);
  const key = keyFile === null ? newKey(table, name) : readKey(keyFile);
  table.checkKey(key);
  return table.allNeeded ? advanceAlone(table, key) : advanceThreshold(table, key);
}

/** What lies on the server, for trustee `index`. */
class Table {
  constructor(state) {
    const fields = members(state, "uuid", "group", "size", "threshold", "index", "published");
    this.uuid = electionUuid(fields.uuid);
    this.group = named(fields.group);
    this.size = wholeNumber(fields.size, 1, MAX_TRUSTEES);
    this.threshold = wholeNumber(fields.threshold, 1, this.size);
    this.index = wholeNumber(fields.index, 1, this.size);
    this.name = fields.name;
    this.publicKey = fields.public_key ?? null;
    this.names = fields.trustees === undefined ? null : array(fields.trustees, this.size).map(text);
    this.published = members(fields.published);
    keygen.checkCeremony(this);
  }

  /** Whether every trustee is needed, each with a key of his own. */
  get allNeeded() {
    return this.threshold === this.size;
  }

  get all() {
    return Array.from({ length: this.size }, (_, index) => index + 1);
  }

  has(kind, index) {
    return (this.published[kind]?.[index] ?? null) !== null;
  }

  /** The trustees who have not published `kind` yet. */
  missing(kind) {
    return this.all.filter((index) => !this.has(kind, index));
  }

  /** What each trustee has published, in order, each read by `read`; an error names him. */
  read(kind, read) {
    return this.all.map((index) => within([kind, index], () => read(members(this.published[kind][index]), index)));
  }

  checkKey(key) {
    if (key.uuid !== this.uuid || named(key.group) !== this.group) {
      throw new Rejected("this key belongs to another ceremony; a key is used for one election only", {
        code: "other key",
      });
    }
    if (["size", "threshold", "index"].some((number) => key[number] !== this[number])) {
      throw new Rejected("this key belongs to another place or another group of trustees", { code: "other key" });
    }
  }
}

function newKey(table, name) {
  const { uuid, group, index, size, threshold } = table;
  if (Object.keys(table.published).some((kind) => table.has(kind, index))) {
    throw new Rejected("this trustee has made a key already; it is needed to go on", { code: "key needed" });
  }
  const called = text(name ?? table.name).trim();
  if (!called) throw new Malformed("a trustee needs a name", { code: "name" });
  const base = { format: KEY_FORMAT, uuid, group: group.name, index, size, threshold, name: called };
  const secret = table.allNeeded ? { private_key: String(group.random()) } : { seed: keygen.newSeed(table) };
  return { ...base, ...secret, published: {} };
}

/**
 * Sees to it that the trustee's own part of a step lies on the server: the one that his key file holds, or a new one.
 * @returns {Promise<{key: KeyFile, publish: {kind: string, body: object} | null}>}
 */
async function published(table, key, kind, make) {
  const kept = Object.hasOwn(key.published, kind);
  const body = kept ? key.published[kind] : await make();
  const next = kept ? key : { ...key, published: { ...key.published, [kind]: body } };
  if (!table.has(kind, key.index)) return { key: next, publish: { kind, body } };
  if (!same(table.published[kind][key.index], body)) {
    throw new Rejected("what stands in this trustee's name is not his").at(kind, key.index);
  }
  return { key: next, publish: null };
}

/** Remembers what was seen, or refuses when it has changed since. */
function pinned(key, name, value) {
  const seen = sha256Hex(canonical(value));
  if (key[name] === undefined) return { ...key, [name]: seen };
  if (key[name] !== seen) {
    const message = "these files have changed since this trustee relied on them; stop and compare with the others";
    throw new Rejected(message, { code: "changed" }).at(name);
  }
  return key;
}

const PATH_ALONE = ["commitments", "keys"];
const PATH_THRESHOLD = ["certificates", "commitments", "shares", "keys"];

/** The answer of `advance` at the step of `kind`. */
function at(table, key, kind, publish = null, finished = {}) {
  const path = table.allNeeded ? PATH_ALONE : PATH_THRESHOLD;
  return {
    keyFile: arranged(key),
    publish,
    waitingFor: table.missing(kind).filter((index) => index !== key.index),
    ready: false,
    step: path.indexOf(kind) + 1,
    steps: path.length,
    trustees: null,
    fingerprint: null,
    publicKey: null,
    ...finished,
  };
}

/** Everyone needed: commit to the public key, reveal it. */
async function advanceAlone(table, start) {
  const { group } = table;
  const secret = group.parseScalar(start.private_key);
  let key = { ...start, public_key: String(group.generator.pow(secret)) };
  if (start.public_key !== undefined && start.public_key !== key.public_key) {
    throw new Rejected("the private key does not belong to the trustee's public key");
  }
  let publish;
  const own = { name: key.name, commitment: transcripts.keyCommitment(key.public_key) };
  ({ key, publish } = await published(table, key, "commitments", () => own));
  if (publish || table.missing("commitments").length) return at(table, key, "commitments", publish);
  const commitments = table.read("commitments", (body) => hexDigest(members(body, "commitment").commitment));
  key = pinned(key, "commitments", commitments);
  const { name } = key;
  const made = () => ({ public_key: PublicKey.make(group, secret, name).toJSON() });
  ({ key, publish } = await published(table, key, "keys", made));
  if (publish || table.missing("keys").length) return at(table, key, "keys", publish);
  const listed = table.read("keys", (body, index) => {
    const parsed = PublicKey.parse(group, members(body, "public_key").public_key);
    if (transcripts.keyCommitment(String(parsed.point)) !== commitments[index - 1]) {
      throw new Rejected("this is not what the trustee had committed to");
    }
    parsed.verify();
    parsed.name = table.names?.[index - 1] ?? parsed.name;
    return ["Single", parsed.toJSON()];
  });
  return at(table, key, "keys", null, await finished(table, key, listed));
}

/** Threshold: certificates, commitments, shares, keys. */
async function advanceThreshold(table, start) {
  const { group } = table;
  const { seed, index } = start;
  let key = start;
  let publish;
  const own = () => ({ name: start.name, certificate: keygen.certificate(table, index, seed) });
  ({ key, publish } = await published(table, key, "certificates", own));
  if (publish || table.missing("certificates").length) return at(table, key, "certificates", publish);
  const raw = table.read("certificates", (body) => members(body, "certificate").certificate);
  const certs = placed("certs", "certificates", () => keygen.checkCertificates(table, raw));
  if (!certs[index - 1].verification.equals(group.generator.pow(transcripts.signingKey(group, seed)))) {
    throw new Rejected("another key stands in this trustee's place").at("certificates", index);
  }
  key = pinned(key, "certificates", certs.map((cert) => cert.signed));

  const commit = () => ({ commitment: keygen.commitment(table, certs, seed) });
  ({ key, publish } = await published(table, key, "commitments", commit));
  if (publish || table.missing("commitments").length) return at(table, key, "commitments", publish);
  const commitments = table.read("commitments", (body) => hexDigest(members(body, "commitment").commitment));
  key = pinned(key, "commitments", commitments);

  ({ key, publish } = await published(table, key, "shares", () => keygen.deal(table, certs, seed, commitments)));
  if (publish || table.missing("shares").length) return at(table, key, "shares", publish);
  const deals = table.read("shares", (body, author) => {
    keygen.checkDeal(table, certs, author, body, commitments[author - 1]);
    return body;
  });

  const finish = () => keygen.finish(table, certs, seed, deals, commitments);
  try {
    ({ key, publish } = await published(table, key, "keys", finish));
  } catch (error) {
    placed("secrets", "shares", () => {
      throw error;
    });
  }
  if (!isComplete(key)) {
    const output = key.published.keys;
    key = { ...key, sealed_key: output.private_key, public_key: output.public_key.public_key };
  }
  if (publish || table.missing("keys").length) return at(table, key, "keys", publish);
  const outputs = table.read("keys", (body) => members(body, "public_key"));
  const called = (body) => (typeof body.name === "string" ? body.name : null);
  const names = table.names ?? table.read("certificates", called);
  const block = placed("verification_keys", "keys", () => keygen.assemble(table, certs, deals, outputs, names));
  return at(table, key, "keys", null, await finished(table, key, [["Pedersen", block]]));
}

/** The library counts from 0 in its own lists, people count trustees from 1: an error is placed at the trustee. */
function placed(list, kind, work) {
  try {
    return work();
  } catch (error) {
    if (error?.place?.[0] === list && typeof error.place[1] === "number") {
      error.place = [kind, error.place[1] + 1, ...error.place.slice(2)];
    }
    throw error;
  }
}

/** The list as it goes into the record, checked whole; and that our own key is in it and works. */
async function finished(table, key, listed) {
  const data = canonical(listed);
  const trustees = Trustees.parse(table.group, data);
  const [error] = trustees.errors();
  if (error) throw error;
  trustees.verifyDistinct();
  if (String(trustees.keys.get(key.index)) !== key.public_key) {
    throw new Rejected("the finished list does not hold this trustee's key").at("keys", key.index);
  }
  const publicKey = String(trustees.combinedKey());
  if (table.publicKey !== null && table.publicKey !== publicKey) {
    const message = "the election's key is not the product of the trustees' keys";
    throw new Rejected(message, { code: "changed" }).at("public_key");
  }
  await proveUsable(key);
  return { ready: true, trustees: data, fingerprint: sha256B64(data), publicKey };
}

/** Whether two JSON values are the same, whatever the order of keys. */
function same(one, other) {
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length &&
      one.every((item, index) => same(item, other[index]));
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
}
