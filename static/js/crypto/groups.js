// Groups of prime order in which decisional Diffie-Hellman is believed hard, written multiplicatively.
//
// As crypto/groups: `Ed25519`, `BELENIOS-2048`, `RFC-3526-2048` (PROTOCOL.md section 1). Parsing is the only way in: a
// `Point` that exists was spelled canonically and lies in the prime-order subgroup. Scalars are BigInt in [0, q).
//
// A browser's BigInt promises nothing about time. The number of group operations never depends on an exponent given to
// `pow`, and that is all that can be had here; `powPublic` and `powers` are for exponents that everybody may know.

import { decimal, digest, lenientInteger, randomBytes, text, toHex, toInteger, utf8 } from "./encoding.js";
import { Malformed, Unsupported } from "./errors.js";
import { ed25519, normalizeZ, shake256 } from "./noble.js";

/** An element of the prime-order group, possibly the identity. Made by parsing or by the operators below; immutable. */
export class Point {
  #text = null;
  #table = null;

  /** Not for callers: only a group makes points. */
  constructor(group, raw) {
    this.group = group;
    this.raw = raw;
  }

  /** The product. @param {Point} other @returns {Point} */
  times(other) {
    return new Point(this.group, this.group.rawTimes(this.raw, this.group.rawOf(other)));
  }

  /** The quotient. @param {Point} other @returns {Point} */
  over(other) {
    return new Point(this.group, this.group.rawOver(this.raw, this.group.rawOf(other)));
  }

  /** The power, for a secret exponent or any other. @param {bigint} exponent of any size or sign @returns {Point} */
  pow(exponent) {
    const reduced = this.group.scalar(exponent);
    return new Point(this.group, this.group.rawPow(this.raw, reduced, this.#table));
  }

  /** The power, faster, where everybody may know the exponent. @param {bigint} exponent @returns {Point} */
  powPublic(exponent) {
    return new Point(this.group, this.group.rawPowPublic(this.raw, this.group.scalar(exponent), this.#table));
  }

  /** @param {Point} other */
  equals(other) {
    return this.group.rawEquals(this.raw, this.group.rawOf(other));
  }

  get isIdentity() {
    return this.equals(this.group.identity);
  }

  /** The wire's text. */
  toString() {
    this.#text ??= this.group.rawText(this.raw);
    return this.#text;
  }

  toJSON() {
    return this.toString();
  }

  /** @internal what the group made for this point in advance */
  get table() {
    return this.#table;
  }

  /** @internal */
  keep({ text = this.#text, table = this.#table }) {
    this.#text = text;
    this.#table = table;
  }
}

/** A named group of prime order `order`; `generator` and `identity` are its points. */
export class Group {
  /**
   * @param {string} name
   * @param {bigint} order
   */
  constructor(name, order) {
    this.name = name;
    this.order = order;
    this.bits = order.toString(2).length;
  }

  /** Any element, the identity included, in its one canonical spelling. @returns {Point} */
  parsePoint(value) {
    return this.remember(this.rawParse(text(value)), value);
  }

  /** As `parsePoint`, tolerating in spelling alone what belenios-tool tolerates inside recorded answers. @returns {Point} */
  parsePointLenient(value) {
    return new Point(this, this.rawParseLenient(text(value)));
  }

  /** A public key or credential: an element other than the identity, whose secret key everybody knows. @returns {Point} */
  parseKey(value) {
    const point = this.parsePoint(value);
    if (point.isIdentity) throw new Malformed("the neutral element cannot be a key");
    return point;
  }

  /** A scalar in canonical decimal, in [0, q). @returns {bigint} */
  parseScalar(value) {
    return this.#inRange(decimal(value));
  }

  /** As `parseScalar`, in any spelling that belenios-tool takes inside recorded answers; never q or more. @returns {bigint} */
  parseScalarLenient(value) {
    return this.#inRange(lenientInteger(value));
  }

  #inRange(value) {
    if (value >= this.order) throw new Malformed("the number is not below the order of the group");
    return value;
  }

  /** The residue of an integer of any size or sign. @param {bigint} value @returns {bigint} */
  scalar(value) {
    if (value >= 0n && value < this.order) return value;
    const residue = value % this.order;
    return residue < 0n ? residue + this.order : residue;
  }

  /** Uniform in [1, q): draws of as many bits as q has, until one fits. @returns {bigint} */
  random() {
    const length = Math.ceil(this.bits / 8);
    const spare = length * 8 - this.bits;
    for (;;) {
      const bytes = randomBytes(length);
      bytes[0] &= 0xff >> spare;
      const value = toInteger(bytes);
      bytes.fill(0);
      if (value !== 0n && value < this.order) return value;
    }
  }

  /** H(prefix; e1,…,en) of PROTOCOL.md section 0: SHA-256, read as an integer, mod q. @returns {bigint} */
  challenge(prefix, ...points) {
    return this.scalar(toInteger(digest(prefix + this.texts(points).join(","))));
  }

  /** Big-endian integer of a secret digest, mod q. @param {Uint8Array} bytes at most 64 of them in Ed25519 @returns {bigint} */
  derive(bytes) {
    return toInteger(bytes) % this.order;
  }

  /** A scalar from a secret text by SHAKE-256 with 128 bits to spare, so that its bias is below 2^-128. @returns {bigint} */
  expand(context, secret) {
    const length = Math.ceil(this.bits / 8) + 16;
    return this.derive(shake256(utf8(`${context}|${secret}`), { dkLen: Math.max(length, 64) }));
  }

  /** The product of all; the identity of none. @param {Iterable<Point>} points @returns {Point} */
  product(points) {
    let result = this.identity;
    for (const point of points) result = result.times(point);
    return result;
  }

  /** Makes every later power of `point` several times faster, for some memory; answers with `point`. @param {Point} point */
  precompute(point) {
    if (!point.table) point.keep({ table: this.rawTable(point.raw) });
    return point;
  }

  /**
   * One point raised to several exponents that everybody may know (Yao 1976): the squarings are shared, which costs a
   * third less for two exponents and half for many.
   * @param {Point} point
   * @param {bigint[]} exponents
   * @returns {Point[]}
   */
  powers(point, exponents) {
    if (point.table || exponents.length < 2) return exponents.map((exponent) => point.powPublic(exponent));
    const digits = exponents.map((exponent) => this.scalar(exponent).toString(16));
    const length = digits.reduce((most, text) => Math.max(most, text.length), 0);
    const buckets = exponents.map(() => new Array(16).fill(null));
    let base = point.raw;
    for (let place = 0; place < length; place += 1) {
      for (const [index, text] of digits.entries()) {
        const digit = place < text.length ? Number.parseInt(text[text.length - 1 - place], 16) : 0;
        const kept = buckets[index][digit];
        buckets[index][digit] = kept === null ? base : this.rawTimes(kept, base);
      }
      if (place + 1 < length) for (let i = 0; i < 4; i += 1) base = this.rawSquare(base);
    }
    return buckets.map((bucket) => {
      let running = this.identity.raw;
      let result = running;
      for (let digit = 15; digit > 0; digit -= 1) {
        if (bucket[digit] !== null) running = this.rawTimes(running, bucket[digit]);
        result = this.rawTimes(result, running);
      }
      return new Point(this, result);
    });
  }

  /** The wire's texts of many points. @param {Point[]} points @returns {string[]} */
  texts(points) {
    return points.map(String);
  }

  /** @internal */
  remember(raw, text) {
    const point = new Point(this, raw);
    point.keep({ text });
    return point;
  }

  /** @internal refuses to mix groups */
  rawOf(point) {
    if (point.group !== this) throw new TypeError("points of two groups do not mix");
    return point.raw;
  }
}

const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const Edwards = ed25519.Point;

/** The prime-order subgroup of Ed25519. The wire's text of a point is the byte reversal of its RFC 8032 encoding. */
class Ed25519 extends Group {
  constructor() {
    super("Ed25519", ED25519_ORDER);
    this.identity = new Point(this, Edwards.ZERO);
    this.generator = new Point(this, Edwards.BASE);
    this.precompute(this.generator);
  }

  rawParse(value) {
    if (!/^[0-9a-f]{64}$/.test(value)) {
      throw new Malformed("a group element of 64 lower-case hexadecimal digits was expected");
    }
    const bytes = new Uint8Array(32);
    for (let index = 0; index < 32; index += 1) {
      bytes[31 - index] = Number.parseInt(value.slice(2 * index, 2 * index + 2), 16);
    }
    let raw;
    try {
      raw = Edwards.fromBytes(bytes); // refuses y >= p, x = 0 with the sign bit, and what is not on the curve
    } catch {
      throw new Malformed("this is not an element of the prime-order group");
    }
    // The cofactor is 8: a point of the curve is in the group only if its order says so.
    if (!raw.isTorsionFree()) throw new Malformed("this is not an element of the prime-order group");
    return raw;
  }

  rawParseLenient(value) {
    return this.rawParse(value.toLowerCase());
  }

  rawTimes(a, b) {
    return a.add(b);
  }

  rawSquare(a) {
    return a.double();
  }

  rawOver(a, b) {
    return a.subtract(b);
  }

  rawPow(base, exponent) {
    if (exponent === 0n || base.is0()) return Edwards.ZERO; // noble refuses the first; neither happens by chance
    return base.multiply(exponent);
  }

  rawPowPublic(base, exponent) {
    return base.multiplyUnsafe(exponent);
  }

  rawTable(raw) {
    raw.precompute(8); // noble keeps the table beside the point and makes it at the first power
    return raw;
  }

  rawEquals(a, b) {
    return a.equals(b);
  }

  rawText(raw) {
    return toHex(raw.toBytes().reverse());
  }

  texts(points) {
    // One inversion for all instead of one a point.
    const rough = points.filter((point) => point.raw.Z !== 1n);
    if (rough.length > 1) {
      const smooth = normalizeZ(Edwards, rough.map((point) => point.raw));
      for (const [index, raw] of smooth.entries()) rough[index].keep({ text: this.rawText(raw) });
    }
    return points.map(String);
  }

  derive(bytes) {
    if (bytes.length > 64) throw new RangeError("at most 512 bits");
    return super.derive(bytes);
  }

  /** The order in which public credentials and ciphertexts are sorted: bytes of the RFC 8032 encoding. @returns {number} */
  compare(a, b) {
    const [left, right] = [a, b].map((point) => point.toString().match(/../g).reverse().join(""));
    return left < right ? -1 : Number(left > right);
  }
}

/** Bits of an exponent that one step of a table or window covers. */
const WINDOW = 5;
const SLOTS = 1 << WINDOW;

/** Digits of `exponent` in base 2^WINDOW, least significant first, always `count` of them. */
function windows(exponent, count) {
  const bits = exponent.toString(2).padStart(count * WINDOW, "0");
  const digits = new Array(count);
  for (let index = 0; index < count; index += 1) {
    const end = bits.length - index * WINDOW;
    digits[index] = Number.parseInt(bits.slice(end - WINDOW, end), 2);
  }
  return digits;
}

/** Prime-order subgroup of the integers modulo a prime. Raw points are BigInt. */
class ModP extends Group {
  constructor(name, { p, q, g }) {
    super(name, q);
    this.p = p;
    this.steps = Math.ceil(this.bits / WINDOW);
    this.identity = new Point(this, 1n);
    this.generator = new Point(this, g);
  }

  #member(value) {
    if (value <= 0n || value >= this.p || this.#power(value, this.order, this.steps) !== 1n) {
      throw new Malformed("this is not an element of the prime-order group");
    }
    return value;
  }

  rawParse(value) {
    return this.#member(decimal(value));
  }

  rawParseLenient(value) {
    return this.#member(lenientInteger(value));
  }

  rawTimes(a, b) {
    return (a * b) % this.p;
  }

  rawSquare(a) {
    return (a * a) % this.p;
  }

  rawOver(a, b) {
    return (a * inverse(b, this.p)) % this.p;
  }

  rawPow(base, exponent, table) {
    if (!table) return this.#power(base, exponent, this.steps);
    table.rows ??= this.#rows(base);
    let result = 1n;
    for (const [index, digit] of windows(exponent, this.steps).entries()) {
      result = (result * table.rows[index][digit]) % this.p; // by 1 where the digit is 0, so that the count is fixed
    }
    return result;
  }

  rawPowPublic(base, exponent, table) {
    if (table) return this.rawPow(base, exponent, table);
    return this.#power(base, exponent, Math.ceil(exponent.toString(2).length / WINDOW));
  }

  rawTable() {
    return { rows: null };
  }

  /** base^(digit * 32^index), so that a power is one multiplication a digit and no squaring. */
  #rows(base) {
    const rows = [];
    let unit = base;
    for (let index = 0; index < this.steps; index += 1) {
      const row = this.#row(unit);
      rows.push(row);
      unit = (row[SLOTS - 1] * unit) % this.p;
    }
    return rows;
  }

  #row(unit) {
    const row = [1n];
    for (let digit = 1; digit < SLOTS; digit += 1) row.push((row[digit - 1] * unit) % this.p);
    return row;
  }

  #power(base, exponent, steps) {
    const row = this.#row(base);
    let result = 1n;
    for (const digit of windows(exponent, steps).reverse()) {
      for (let i = 0; i < WINDOW; i += 1) result = (result * result) % this.p;
      result = (result * row[digit]) % this.p;
    }
    return result;
  }

  rawEquals(a, b) {
    return a === b;
  }

  rawText(raw) {
    return raw.toString();
  }

  /** Integer order. @returns {number} */
  compare(a, b) {
    return a.raw < b.raw ? -1 : Number(a.raw > b.raw);
  }
}

/** The inverse of `value` modulo the prime `p` (Euclid). */
function inverse(value, p) {
  let [a, b, x, y] = [value % p, p, 1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return x < 0n ? x + p : x;
}

const RFC_3526_P = BigInt(
  "0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
    "3995497CEA956AE515D2261898FA051015728E5A8AACAA68FFFFFFFFFFFFFFFF",
);

const MAKERS = {
  Ed25519: () => new Ed25519(),
  "BELENIOS-2048": () =>
    new ModP("BELENIOS-2048", {
      p: BigInt(
        "2069478569142254640101364365750500806492298929575110409710088478705737421924271740192223725449768433" +
          "8129066633138078958404960054389636289796393038773905722803605973749427671376777618898589872735865049" +
          "0811670993105358677809800307904916540637771737641986785272734744763418356000356983051931442845617019" +
          "1100078673730733356412397173289791324047457883446826065232797464795113767265869358218004631792207366" +
          "8860052627186363386088796882120769432366149491002923444346373222145884100586421050242120365433561201" +
          "3204811188524087310770141516662001623131771693721892480785077118278423174980732765988288251691831031" +
          "25680162072880719",
      ),
      q: 78571733251071885079927659812671450121821421258408794611510081919805623223441n,
      g: BigInt(
        "2402352677501852209227687703532399932712287657378364916510075318787663274146353219320285676155269678" +
          "7996946682987493890950838965734256019006010684771644917354741372831046104586813145117816467554005274" +
          "0288984613986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065" +
          "8186868651151358576410138882215396016043228843603930989333662772848406593138406010231675095763777982" +
          "6651036068224066350766977640253462537730851331734951942489677540525736590494924776314759915751987751" +
          "7771148149092045660020547812705472823814097251863985833411570056835369555342378147558249189605029668" +
          "0037745308460627",
      ),
    }),
  "RFC-3526-2048": () => new ModP("RFC-3526-2048", { p: RFC_3526_P, q: (RFC_3526_P - 1n) / 2n, g: 2n }),
};

const MADE = new Map();

/** The names that `named` knows. */
export const NAMES = Object.keys(MAKERS);

/** The group called `name`; any other name is `Unsupported`. @returns {Ed25519 | ModP} */
export function named(name) {
  if (typeof name !== "string" || !Object.hasOwn(MAKERS, name)) {
    throw new Unsupported(`the group “${String(name).slice(0, 40)}” is not known here, only ${NAMES.join(", ")}`);
  }
  if (!MADE.has(name)) {
    const group = MAKERS[name]();
    group.precompute(group.generator);
    MADE.set(name, group);
  }
  return MADE.get(name);
}
