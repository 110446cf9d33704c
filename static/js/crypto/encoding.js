// Text forms that the protocol fixes: strict JSON in, canonical JSON out, digests, base58, decimal integers.
//
// As crypto/encoding.py, and as strict: PROTOCOL.md sections 0 and 2. JSON.parse would let a key stand twice and take
// 1.0 for 1, and then two verifiers read one record differently.

import { Malformed } from "./errors.js";
import { sha256 } from "./noble.js";

export const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Longest integer any field may carry: 4096 bits are 1,234 decimal digits. */
export const MAX_DIGITS = 1300;

/** Weights and counts up to this are JSON numbers, above it decimal strings. */
export const SMALL_NUMBER = 1_073_741_823;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of a text. @param {string} text @returns {Uint8Array} */
export function utf8(text) {
  return encoder.encode(text);
}

/** All parts in one. @param {...Uint8Array} parts @returns {Uint8Array} */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Bytes nobody can foretell. @param {number} length @returns {Uint8Array} */
export function randomBytes(length) {
  const bytes = new Uint8Array(length);
  // 65,536 is the most that one call gives.
  for (let start = 0; start < length; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  return bytes;
}

/** Lower-case hexadecimal. @param {Uint8Array} bytes @returns {string} */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of an even number of hexadecimal digits. @param {string} digits @returns {Uint8Array} */
export function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Standard base64 without padding. @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/=+$/, "");
}

/** Big-endian integer. @param {Uint8Array} bytes @returns {bigint} */
export function toInteger(bytes) {
  return bytes.length ? BigInt(`0x${toHex(bytes)}`) : 0n;
}

/** @param {Uint8Array | string} data @returns {Uint8Array} the SHA-256 digest of bytes, or of a text's UTF-8 */
export function digest(data) {
  return sha256(typeof data === "string" ? utf8(data) : data);
}

/** SHA-256, 64 lower-case hexadecimal digits. @param {Uint8Array | string} data */
export function sha256Hex(data) {
  return toHex(digest(data));
}

/** SHA-256 in standard base64 without padding, 43 characters: fingerprints and trackers. @param {Uint8Array | string} data */
export function sha256B64(data) {
  return toBase64(digest(data));
}

/** Canonical JSON: no white space, keys as ordered by the caller, text unescaped. @returns {string} */
export function canonical(value) {
  return JSON.stringify(value);
}

/** A JSON number with a point or an exponent. No field of the protocol has one, so 1.0 is never taken for 1. */
export class Fraction {
  /** @param {string} source as it stood in the text */
  constructor(source) {
    this.source = source;
  }
}

/**
 * Reads one JSON text, refusing duplicate keys, NaN, lone surrogates and absurd numbers or depth.
 * Integers beyond 2^53 come as BigInt, numbers with a point or exponent as `Fraction`.
 * @param {Uint8Array | string} data
 */
export function parseJson(data) {
  return readJson(data).value;
}

/**
 * As `parseJson`; also whether writing the value again would give the same text, and the keys of an object in the order
 * of the text: a JavaScript object puts those that look like indexes first.
 * @param {Uint8Array | string} data
 * @returns {{value: any, text: string, canonical: boolean, keys: string[]}}
 */
export function readJson(data) {
  let text = data;
  if (typeof data !== "string") {
    try {
      text = decoder.decode(data);
    } catch {
      throw new Malformed("the text is not valid UTF-8");
    }
  }
  const reader = new Reader(/** @type {string} */ (text));
  const value = reader.whole();
  return { value, text: /** @type {string} */ (text), canonical: reader.canonical, keys: reader.keys };
}

const MAX_DEPTH = 900;
const MAX_NUMBER = 4300;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
const WORDS = { true: true, false: false, null: null };
const HEX4 = /[0-9a-fA-F]{4}/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Recursive descent over one text. */
class Reader {
  constructor(text) {
    this.text = text;
    this.position = 0;
    this.depth = 0;
    this.canonical = true;
    /** Those of the object that ended last; in the end, of the outermost. */
    this.keys = [];
  }

  whole() {
    this.space();
    const value = this.value();
    this.space();
    if (this.position !== this.text.length) this.fail();
    return value;
  }

  fail() {
    throw new Malformed(`this is not JSON (character ${this.position})`);
  }

  /** The match of a sticky pattern here, and a step behind it. */
  take(pattern) {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found) this.position = pattern.lastIndex;
    return found;
  }

  space() {
    if (this.take(SPACE)[0]) this.canonical = false;
  }

  /** Whether the next character is `letter`; then it is behind us. */
  next(letter) {
    if (this.text[this.position] !== letter) return false;
    this.position += 1;
    return true;
  }

  value() {
    switch (this.text[this.position]) {
      case "{":
        return this.nested(() => this.object());
      case "[":
        return this.nested(() => this.array());
      case '"':
        return this.string();
    }
    const word = this.take(WORD);
    return word ? WORDS[word[0]] : this.number();
  }

  nested(read) {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) throw new Malformed("the JSON is nested too deeply");
    this.position += 1;
    this.space();
    const value = read();
    this.depth -= 1;
    return value;
  }

  object() {
    const found = {};
    const keys = [];
    if (this.next("}")) return found;
    do {
      this.space();
      if (this.text[this.position] !== '"') this.fail();
      const key = this.string();
      if (Object.hasOwn(found, key)) throw new Malformed(`the key “${key.slice(0, 80)}” stands twice`);
      keys.push(key);
      this.space();
      if (!this.next(":")) this.fail();
      this.space();
      // Not by assignment: the key "__proto__" would change what the object is.
      Object.defineProperty(found, key, { value: this.value(), enumerable: true, writable: true, configurable: true });
      this.space();
    } while (this.next(","));
    if (!this.next("}")) this.fail();
    this.keys = keys;
    return found;
  }

  array() {
    const found = [];
    if (this.next("]")) return found;
    do {
      this.space();
      found.push(this.value());
      this.space();
    } while (this.next(","));
    if (!this.next("]")) this.fail();
    return found;
  }

  string() {
    const start = this.position;
    this.position += 1;
    let value = this.take(PLAIN)[0];
    if (this.next('"')) {
      if (LONE_SURROGATE.test(value)) throw new Malformed("the text is not valid UTF-8");
      return value;
    }
    while (!this.next('"')) {
      if (!this.next("\\")) this.fail();
      if (this.next("u")) {
        const code = this.take(HEX4) ?? this.fail();
        value += String.fromCharCode(Number.parseInt(code[0], 16));
      } else {
        value += ESCAPES[this.text[this.position]] ?? this.fail();
        this.position += 1;
      }
      value += this.take(PLAIN)[0];
    }
    if (LONE_SURROGATE.test(value)) throw new Malformed("the text is not valid UTF-8");
    if (JSON.stringify(value) !== this.text.slice(start, this.position)) this.canonical = false;
    return value;
  }

  number() {
    const found = this.take(NUMBER) ?? this.fail();
    const [source, fraction, exponent] = found;
    if (fraction || exponent) {
      if (!Number.isFinite(Number(source))) throw new Malformed("a JSON number is too long");
      if (source !== pythonFloat(Number(source))) this.canonical = false;
      return new Fraction(source);
    }
    if (source.length > MAX_NUMBER) throw new Malformed("a JSON number is too long");
    if (source === "-0") {
      this.canonical = false;
      return 0;
    }
    const number = Number(source);
    return Number.isSafeInteger(number) ? number : BigInt(source);
  }
}

/** How the Python verifier writes such a number, so that both agree on what is canonical: the shortest digits. */
function pythonFloat(number) {
  const sign = number < 0 || Object.is(number, -0) ? "-" : "";
  const [digits, power] = Math.abs(number).toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const plain = digits.replace(".", "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${plain}`;
  const padded = plain.padEnd(exponent + 1, "0");
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1) || "0"}`;
}

/** A JSON object that has at least these keys. @returns {Record<string, any>} */
export function members(value, ...required) {
  if (value === null || typeof value !== "object" || Array.isArray(value) || value instanceof Fraction) {
    throw new Malformed("an object was expected");
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) throw new Malformed(`the key “${key}” is missing`);
  }
  return value;
}

/** A JSON array, of exactly `length` elements when it is given. @returns {any[]} */
export function array(value, length) {
  if (!Array.isArray(value)) throw new Malformed("a list was expected");
  if (length !== undefined && value.length !== length) {
    throw new Malformed(`${value.length} elements where ${length} belong`);
  }
  return value;
}

/** A JSON string. @returns {string} */
export function text(value) {
  if (typeof value !== "string") throw new Malformed("a text was expected");
  return value;
}

/** A JSON number that is an integer in `low..high`. @returns {number} */
export function wholeNumber(value, low = 0, high = SMALL_NUMBER) {
  if (typeof value !== "bigint" && !Number.isInteger(value)) throw new Malformed("a whole number was expected");
  if (value < low || value > high) throw new Malformed(`the number must lie between ${low} and ${high}`);
  return Number(value);
}

/** A non-negative integer as a string in canonical decimal: no sign, no leading zero, bounded length. @returns {bigint} */
export function decimal(value) {
  const digits = text(value);
  // The length first: `BigInt` of a text of megabytes would stop the page.
  if (digits.length > MAX_DIGITS || !/^(?:0|[1-9][0-9]*)$/.test(digits)) {
    throw new Malformed("a whole number in decimal digits was expected");
  }
  return BigInt(digits);
}

const LENIENT =
  /^\+?(?:0[xX](?<hex>[0-9a-fA-F][0-9a-fA-F_]*)|0[oO](?<oct>[0-7][0-7_]*)|0[bB](?<bin>[01][01_]*)|(?<dec>[0-9][0-9_]*))$/;
const PREFIXES = { dec: "", hex: "0x", oct: "0o", bin: "0b" };

/** A non-negative integer in any spelling that belenios-tool takes inside an answer (PROTOCOL.md section 5). @returns {bigint} */
export function lenientInteger(value) {
  const found = LENIENT.exec(text(value));
  for (const [name, prefix] of Object.entries(PREFIXES)) {
    const written = found?.groups[name];
    if (written === undefined) continue;
    const significant = written.replaceAll("_", "").replace(/^0+/, "") || "0";
    if (significant.length <= (name === "dec" ? 1 : 4) * MAX_DIGITS) return BigInt(prefix + significant);
  }
  throw new Malformed("a whole number was expected");
}

/** A weight or a count: a JSON number up to `SMALL_NUMBER`, a decimal string above. @returns {bigint} */
export function bigNumber(value) {
  if (typeof value === "string") {
    const number = decimal(value);
    if (number <= SMALL_NUMBER) throw new Malformed(`a number up to ${SMALL_NUMBER} is written without quotes`);
    return number;
  }
  return BigInt(wholeNumber(value));
}

/** The JSON form that `bigNumber` reads. @param {bigint} number @returns {number | string} */
export function bigNumberJson(number) {
  return number <= SMALL_NUMBER ? Number(number) : String(number);
}

/** A SHA-256 digest as 64 lower-case hexadecimal digits. @returns {string} */
export function hexDigest(value) {
  if (!/^[0-9a-f]{64}$/.test(text(value))) {
    throw new Malformed("a SHA-256 digest of 64 lower-case hexadecimal digits was expected");
  }
  return value;
}

/** An election's identifier: 14 to 64 base58 characters. @returns {string} */
export function electionUuid(value) {
  if (!/^[1-9A-HJ-NP-Za-km-z]{14,64}$/.test(text(value))) {
    throw new Malformed(
      "an election identifier has at least 14 characters, letters and digits without 0, O, I and l",
    );
  }
  return value;
}
