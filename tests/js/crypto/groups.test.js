import assert from "node:assert/strict";
import { test } from "node:test";
import { Malformed, Unsupported } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import { ed25519 } from "../../../static/js/crypto/noble.js";
import { GROUPS } from "./samples.js";

const P = 2n ** 255n - 19n;
const ED = named("Ed25519");

/** The wire's text of an integer y and a sign, whether or not there is such a point. */
const spelled = (y, sign = 0n) => (y + sign * 2n ** 255n).toString(16).padStart(64, "0");

test("elements of Ed25519 are spelled as belenios-tool spells them", () => {
  assert.equal(String(ED.generator), "6666666666666666666666666666666666666666666666666666666666666658");
  assert.equal(String(ED.identity), `${"0".repeat(63)}1`);
  assert.equal(String(ED.generator.pow(2n)), "2260cdf3092329c21da25ee8c9a21f5697390f51643851560e5f46ae6af8a3c9");
  assert.ok(ED.parsePoint(`${"0".repeat(63)}1`).isIdentity);
});

test("only elements of the prime-order group in their one spelling are taken from Ed25519", () => {
  const orderTwo = spelled(P - 1n);
  const mixed = ed25519.Point.BASE.add(new ed25519.Point(0n, P - 1n, 1n, 0n));
  const hostile = {
    "order two": orderTwo,
    "order two with the sign bit": spelled(P - 1n, 1n),
    "order four": spelled(0n),
    "order four, other sign": spelled(0n, 1n),
    "order eight": spelled(2707385501144840649318225287225658788936804267575313519463743609750303021785n + 0n),
    "identity with the sign bit": spelled(1n, 1n),
    "identity as p + 1": spelled(P + 1n),
    "zero as p": spelled(P),
    "generator and order two": Buffer.from(mixed.toBytes()).reverse().toString("hex"),
    "not on the curve": spelled(2n),
    "upper case": String(ED.generator.pow(2n)).toUpperCase(),
    "RFC 8032's own order of bytes": Buffer.from(ed25519.Point.BASE.toBytes()).toString("hex"),
    short: "66".repeat(31),
    long: "66".repeat(33),
    "very long": "6".repeat(1_000_000),
    "line end": `${ED.generator}\n`,
    decimal: "1",
    number: 1,
    null: null,
  };
  for (const [name, text] of Object.entries(hostile)) assert.throws(() => ED.parsePoint(text), Malformed, name);
  assert.throws(() => ED.parsePointLenient(orderTwo.toUpperCase()), Malformed);
  assert.equal(String(ED.parsePointLenient(String(ED.generator.pow(2n)).toUpperCase())), String(ED.generator.pow(2n)));
});

test("only elements of the prime-order group in their one spelling are taken modulo p", () => {
  for (const name of ["BELENIOS-2048", "RFC-3526-2048"]) {
    const group = named(name);
    const { p } = group;
    const g = String(group.generator);
    for (const text of ["0", "-1", String(p - 1n), String(p), String(p + group.generator.raw), `+${g}`, `0${g}`, ` ${g}`,
      `0x${group.generator.raw.toString(16)}`, "1".repeat(100_000), "", 4, null]) {
      assert.throws(() => group.parsePoint(text), Malformed, `${name} ${String(text).slice(0, 20)}`);
    }
    assert.equal(String(group.parsePointLenient(`0x${group.generator.raw.toString(16)}`)), g);
    assert.throws(() => group.parsePointLenient(String(p - 1n)), Malformed);
  }
});

for (const name of GROUPS) {
  const group = named(name);

  test(`${name}: powers, products and quotients agree with each other`, () => {
    const [a, b] = [group.random(), group.random()];
    const free = group.parsePoint(String(group.generator.pow(a))); // without a table
    const fast = group.precompute(group.parsePoint(String(free)));
    assert.ok(free.pow(b).equals(group.generator.pow(a * b)));
    assert.ok(fast.pow(b).equals(free.pow(b)));
    assert.ok(free.powPublic(b).equals(free.pow(b)));
    assert.ok(fast.powPublic(b).equals(free.pow(b)));
    assert.ok(free.times(free).equals(free.pow(2n)));
    assert.ok(free.over(free).isIdentity);
    assert.ok(free.over(group.generator).times(group.generator).equals(free));
    assert.ok(group.product([free, fast, group.generator]).equals(group.generator.pow(2n * a + 1n)));
    assert.ok(group.product([]).isIdentity);
    for (const exponent of [0n, 1n, 2n, 15n, 16n, group.order - 1n, group.order, -1n, group.order + 5n]) {
      const expected = String(group.generator.pow(a * group.scalar(exponent)));
      for (const point of [free, fast]) {
        assert.equal(String(point.pow(exponent)), expected);
        assert.equal(String(point.powPublic(exponent)), expected);
        assert.equal(String(group.powers(point, [exponent, b, 3n])[0]), expected);
      }
      assert.ok(group.identity.pow(exponent).isIdentity && group.identity.powPublic(exponent).isIdentity);
    }
    assert.ok(group.generator.pow(group.order - 1n).times(group.generator).isIdentity);
    assert.deepEqual(group.powers(free, []), []);
  });

  test(`${name}: what is written is read again, and spelling many at once is the same`, () => {
    const points = Array.from({ length: 5 }, () => group.generator.pow(group.random()).times(group.generator));
    const alone = points.map((point) => String(group.parsePoint(String(point.times(group.identity)))));
    const fresh = points.map((point) => point.times(group.generator).over(group.generator));
    assert.deepEqual(group.texts([...fresh, group.identity]), [...alone, String(group.identity)]);
    assert.equal(JSON.stringify(points[0]), JSON.stringify(alone[0]));
  });

  test(`${name}: scalars are below the order and canonical`, () => {
    assert.equal(group.parseScalar(String(group.order - 1n)), group.order - 1n);
    assert.equal(group.parseScalar("0"), 0n);
    for (const odd of [String(group.order), String(group.order + 1n), "-1", "+1", "01", "0x1", "", " 1", "1\n", "1e5",
      "1".repeat(100_000), 1, null, ["1"], true]) {
      assert.throws(() => group.parseScalar(odd), Malformed, String(odd).slice(0, 20));
    }
    assert.equal(group.parseScalarLenient("0x01"), 1n);
    assert.throws(() => group.parseScalarLenient(String(group.order)), Malformed);
  });

  test(`${name}: the neutral element is no key`, () => {
    assert.throws(() => group.parseKey(String(group.identity)), Malformed);
    assert.ok(group.parseKey(String(group.generator)).equals(group.generator));
  });

  test(`${name}: random scalars lie between 1 and the order, and use all its bits`, () => {
    const drawn = Array.from({ length: 400 }, () => group.random());
    assert.ok(drawn.every((value) => value > 0n && value < group.order));
    assert.equal(new Set(drawn).size, drawn.length);
    assert.ok(drawn.some((value) => value > group.order / 2n) && drawn.some((value) => value < group.order / 2n));
  });

  test(`${name}: elements have an order`, () => {
    const points = [group.generator, group.generator.pow(2n), group.generator.pow(3n)].sort(group.compare.bind(group));
    for (const [index, point] of points.entries()) {
      assert.equal(group.compare(point, point), 0);
      if (index) assert.ok(group.compare(points[index - 1], point) < 0 && group.compare(point, points[index - 1]) > 0);
    }
  });

  test(`${name}: other groups' points do not mix with its own`, () => {
    const other = named(GROUPS.find((known) => known !== name));
    assert.throws(() => group.generator.times(other.generator), TypeError);
    assert.throws(() => group.generator.equals(other.generator), TypeError);
  });
}

test("a group that is not known is called unsupported", () => {
  for (const name of ["P-256", "ed25519", "__proto__", "toString", "", null, 5]) {
    assert.throws(() => named(name), (error) => error instanceof Unsupported && error.code === "unsupported");
  }
});

test("Ed25519 reduces at most 512 bits to a scalar", () => {
  assert.equal(ED.derive(new Uint8Array(64).fill(255)), (2n ** 512n - 1n) % ED.order);
  assert.throws(() => ED.derive(new Uint8Array(65)), RangeError);
});
