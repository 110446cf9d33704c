// The archive `UUID.bel`: framing, byte for byte, and the chain of events over it (PROTOCOL section 7, docs/record.md
// section 1). The order of events is enforced here; belenios-tool does not. Nothing is believed of a name but that it
// is one.

import { canonical, hexDigest, members, parseJson, readJson, sha256Hex, text, utf8, wholeNumber } from "./encoding.js";
import { Malformed, ProtocolError, Rejected, Unsupported, within } from "./errors.js";

export const BLOCK = 512;
const FIRST = "BELENIOS";
const NAME = /^([0-9a-f]{64})\.(data|event)\.json$/;
const TIMESTAMP = /^(?:0|[1-9][0-9]{0,10})$/;
const MAX_EVENT = 4096;
const MAX_HEIGHT = 2 ** 31;
/** The most that is read as one record. */
export const MAX_RECORD = 64 << 20;
/** Records that may wait for their event; a set-up has four or five. */
const MAX_WAITING = 16;

/** The file ends in the middle of an entry: a copy that broke off. */
export class Cut extends Malformed {}
/** Records stand at the end of the file and their event does not follow. */
export class Unclaimed extends Rejected {}

/**
 * The 512 bytes before a body: a tar header in which nothing can vary.
 * @param {string} name
 * @param {number} size of the body, in bytes
 * @param {number} timestamp in seconds since 1970
 * @returns {Uint8Array}
 */
export function headerBlock(name, size, timestamp) {
  const block = new Uint8Array(BLOCK);
  const put = (offset, characters) => block.set(utf8(characters), offset);
  const octal = (number) => number.toString(8).padStart(11, "0");
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(size));
  put(136, octal(timestamp));
  put(148, "        ");
  put(156, "0");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** One entry of an archive: header, body, padding. */
export function entryBytes(name, body, timestamp) {
  const entry = new Uint8Array(BLOCK + padded(body.length));
  entry.set(headerBlock(name, body.length, timestamp));
  entry.set(body, BLOCK);
  return entry;
}

/** The beginning of every archive. */
export function firstEntry(timestamp) {
  return entryBytes(FIRST, utf8(canonical({ version: 1, timestamp: String(timestamp) })), timestamp);
}

/** One record of the archive and where it lies. */
class Entry {
  constructor(number, offset, name, body) {
    this.number = number;
    this.offset = offset;
    this.name = name;
    this.body = body;
    this.digest = name.slice(0, 64);
    this.computed = sha256Hex(body);
  }

  get isEvent() {
    return this.name.endsWith(".event.json");
  }

  /** Position for a person: entry number (the first is 0) and byte offset. */
  get where() {
    return `entry[${this.number}]@${this.offset}`;
  }

  /** Byte offset after this entry. */
  get end() {
    return this.offset + BLOCK + padded(this.body.length);
  }

  /** What is wrong when the body is not the one that the name promises; null when nothing is. */
  get error() {
    if (this.computed === this.digest) return null;
    return new Rejected("the content does not have the SHA-256 that its name says").at(this.where);
  }

  /** The body, when it is not larger than any record may be. */
  read() {
    if (this.body.length > MAX_RECORD) {
      throw new Malformed(`the record is larger than ${MAX_RECORD} bytes`);
    }
    return this.body;
  }
}

/** An archive in memory. `entries` walks it from the start each time it is called. */
export class Archive {
  /**
   * Reads the first entry.
   * @param {Uint8Array} bytes
   * @throws {Malformed} when this is no archive, {Unsupported} when of another version, {Rejected} when some other
   *   program has rewritten its first entry
   */
  constructor(bytes) {
    this.bytes = bytes;
    this.length = bytes.length;
    if (this.length < BLOCK || nameOf(bytes.subarray(0, BLOCK)) !== FIRST) {
      throw new Malformed("this is not an election archive");
    }
    const size = octalOf(bytes.subarray(124, 135));
    const body = bytes.subarray(BLOCK, BLOCK + Math.min(size, BLOCK));
    const fields = members(parseJson(body), "version", "timestamp");
    if (wholeNumber(fields.version) !== 1) {
      throw new Unsupported(`archives of version ${fields.version} are not known here`);
    }
    this.timestamp = Number(text(fields.timestamp));
    if (!TIMESTAMP.test(fields.timestamp) || this.timestamp >= 8 ** 11) {
      throw new Malformed("the archive's time is not a number of seconds");
    }
    const first = firstEntry(this.timestamp);
    if (!sameBytes(first, bytes.subarray(0, first.length))) {
      throw new Rejected("the first entry is not written as the format demands").at("entry[0]@0");
    }
    this.start = first.length;
  }

  /**
   * Every entry after the first, its framing checked exactly. A body that does not fit its name is no framing error:
   * look at `error` of the entry.
   * @throws {Malformed} at the first bad frame
   */
  *entries() {
    for (let offset = this.start, number = 1; offset < this.length; number += 1) {
      const entry = this.entryAt(number, offset);
      yield entry;
      offset = entry.end;
    }
  }

  entryAt(number, offset) {
    const fail = (error) => {
      throw error.at(`entry[${number}]@${offset}`);
    };
    const block = this.bytes.subarray(offset, offset + BLOCK);
    if (block.length < BLOCK) fail(new Cut("the file ends in the middle of an entry"));
    const name = nameOf(block);
    if (!NAME.test(name)) fail(new Malformed("an entry has a name that does not belong here"));
    let size;
    try {
      size = octalOf(block.subarray(124, 135));
    } catch (error) {
      fail(error);
    }
    if (!sameBytes(block, headerBlock(name, size, this.timestamp))) {
      fail(new Malformed("the header of the entry is not written as the format demands"));
    }
    const end = offset + BLOCK + padded(size);
    if (end > this.length) fail(new Cut("the file ends in the middle of an entry"));
    if (this.bytes.subarray(offset + BLOCK + size, end).some((byte) => byte !== 0)) {
      fail(new Malformed("the padding after the content is not empty"));
    }
    return new Entry(number, offset, name, this.bytes.subarray(offset + BLOCK, offset + BLOCK + size));
  }
}

// The chain

const AFTER = {
  "": ["Setup"],
  Setup: ["Ballot", "EndBallots"],
  Ballot: ["Ballot", "EndBallots"],
  EndBallots: ["EncryptedTally"],
  EncryptedTally: ["PartialDecryption"],
  Shuffle: ["Shuffle", "EndShuffles"],
  EndShuffles: ["PartialDecryption"],
  PartialDecryption: ["PartialDecryption", "Result"],
  Result: [],
};
const AFTER_SHUFFLED = { ...AFTER, EncryptedTally: ["Shuffle"] };
const WITHOUT_PAYLOAD = ["EndBallots", "EndShuffles"];

/**
 * @param {string | null} previous type of the event before; null at the beginning
 * @param {string} type
 * @param {boolean} shuffled whether the election has ranked questions
 * @throws {Rejected} when the event may not come there
 */
export function checkOrder(previous, type, shuffled = false) {
  if ((shuffled ? AFTER_SHUFFLED : AFTER)[previous ?? ""].includes(type)) return;
  if (previous === null) {
    throw new Rejected(`an archive begins with Setup, not with ${type}`);
  }
  throw new Rejected(`${type} cannot follow ${previous}`);
}

/**
 * One link of the chain, from its canonical bytes.
 * @returns {{parent: string | null, height: number, type: string, payload: string | null}}
 */
export function parseEvent(bytes) {
  const fields = members(parseJson(bytes), "height", "type");
  const height = within(["height"], () => wholeNumber(fields.height, 0, MAX_HEIGHT));
  const type = text(fields.type);
  if (type === "" || !Object.hasOwn(AFTER, type)) {
    throw new Malformed(`there is no event “${type.slice(0, 40)}”`);
  }
  const digestOf = (key) => within([key], () => (key in fields ? hexDigest(fields[key]) : null));
  const event = { parent: digestOf("parent"), height, type, payload: digestOf("payload") };
  if (!sameBytes(eventBytes(event), bytes)) throw new Malformed("the event is not in canonical form");
  if ((event.payload === null) !== WITHOUT_PAYLOAD.includes(type)) {
    throw new Malformed("an event of this type has another payload");
  }
  return event;
}

/** Canonical bytes of an event. */
export function eventBytes({ parent, height, type, payload }) {
  return utf8(canonical({
    ...(parent === null ? {} : { parent }),
    height,
    type,
    ...(payload === null ? {} : { payload }),
  }));
}

/**
 * One event with the records before it, and everything wrong with its place in the chain, by kind of fault.
 * @typedef {{entry: Entry, event: ReturnType<typeof parseEvent>, data: Entry[], setup: object | null,
 *   chainErrors: ProtocolError[], dataErrors: ProtocolError[], where: string, end: number}} Step
 */

/**
 * Walks the chain. Broken framing and unreadable events end it with `Malformed`; other faults come with the step.
 * Records that no event has claimed at the end of the file raise `Unclaimed` (or `Cut`) after the last step.
 * @param {Archive} archive
 * @returns {Generator<Step>}
 */
export function* replay(archive) {
  let previous = null;
  let height = 0;
  let waiting = [];
  for (const entry of archive.entries()) {
    if (!entry.isEvent) {
      waiting.push(entry);
      if (waiting.length > MAX_WAITING) throw new Rejected("records pile up that no event names").at(entry.where);
      continue;
    }
    const event = within([entry.where], () => {
      if (entry.body.length > MAX_EVENT) {
        throw new Malformed(`the record is larger than ${MAX_EVENT} bytes`);
      }
      return parseEvent(entry.body);
    });
    const where = `event[${event.height}]`;
    const step = { entry, event, data: waiting, setup: null, chainErrors: [], dataErrors: [], where, end: entry.end };
    if (event.height !== height) {
      step.chainErrors.push(new Rejected(`its height should be ${height}`).at(where, "height"));
    }
    if (event.parent !== previous) {
      step.chainErrors.push(new Rejected("it does not name the event before it").at(where, "parent"));
    }
    try {
      claim(step);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      step.dataErrors.push(error.at(where));
    }
    yield step;
    previous = entry.digest;
    height = event.height + 1;
    waiting = [];
  }
  if (waiting.length) throw new Unclaimed("the last records belong to no event").at(waiting[0].where);
}

/** The records before an event must be exactly those that it names, in the order of the format. */
function claim(step) {
  const { event, data } = step;
  const expected = [];
  if (event.payload !== null) {
    const payload = data.find((entry) => entry.digest === event.payload);
    if (!payload) throw new Rejected("the record that it names is missing");
    if (payload.error) throw payload.error;
    if (event.type === "Setup") {
      step.setup = parseSetup(payload.read());
      expected.push(step.setup.election, step.setup.trustees, step.setup.credentials, ...step.setup.others);
    } else if (event.type === "EncryptedTally") {
      expected.push(hexDigest(members(parseJson(payload.read()), "encrypted_tally").encrypted_tally));
    } else if (event.type === "PartialDecryption" || event.type === "Shuffle") {
      expected.push(hexDigest(members(parseJson(payload.read()), "payload").payload));
    }
    expected.push(event.payload);
  }
  if (data.length !== expected.length || data.some((entry, index) => entry.digest !== expected[index])) {
    throw new Rejected("the records before it are not exactly those that it names, in order");
  }
}

const FOUNDING = ["election", "trustees", "credentials"];

/** Digests of the founding records; releases from 3.2 on may name further ones, which are kept in order. */
function parseSetup(bytes) {
  const { value, keys } = readJson(bytes);
  const fields = members(value, ...FOUNDING);
  const [election, trustees, credentials] = FOUNDING.map((key) => hexDigest(fields[key]));
  const others = keys.filter((key) => !FOUNDING.includes(key)).map((key) => hexDigest(fields[key]));
  return { election, trustees, credentials, others };
}

// Bytes

function padded(size) {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function nameOf(block) {
  const end = block.indexOf(0);
  return end < 0 || end >= 100 ? "" : String.fromCharCode(...block.subarray(0, end));
}

function octalOf(digits) {
  const characters = String.fromCharCode(...digits);
  if (!/^[0-7]{11}$/.test(characters)) throw new Malformed("the size of an entry is not an octal number");
  return Number.parseInt(characters, 8);
}

/** Whether two byte strings are the same. */
export function sameBytes(one, other) {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
