import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fraction,
  bigNumber,
  bigNumberJson,
  canonical,
  concat,
  decimal,
  electionUuid,
  hexDigest,
  lenientInteger,
  parseJson,
  randomBytes,
  readJson,
  sha256B64,
  sha256Hex,
  toInteger,
  utf8,
  wholeNumber,
} from "../../../static/js/crypto/encoding.js";
import { Malformed, Rejected, within } from "../../../static/js/crypto/errors.js";

test("JSON is read as everybody reads it", () => {
  for (const source of [
    '{"a":[1,-2,true,false,null,"x"],"b":{}}',
    ' [ 1 , { "a" : "\\u00e9\\n\\/\\ud83d\\ude00" } ] ',
    '"صوتنا 🗳"',
    "[]",
    "0",
    '{"__proto__":1,"constructor":2,"7":3}',
  ]) {
    assert.deepEqual(JSON.stringify(parseJson(source)), JSON.stringify(JSON.parse(source)), source);
    assert.deepEqual(parseJson(utf8(source)), parseJson(source));
  }
});

test("JSON that two readers could take differently is refused", () => {
  const refused = [
    "", " ", "{", "[1,]", '{"a":1,}', "{a:1}", "'a'", "01", "+1", "1.", ".5", "1e", "-", "NaN", "Infinity", "-Infinity",
    "nul", '"a', '"\\x"', '"\\u12"', '"\n"', '"\t"', "1 2", "\ufeff1", "[1]x", '{"a":1 "b":2}', '{"a" 1}', "1e999",
    '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '"\\ud800"', '"\\udc00\\ud800"', "9".repeat(4301), "[".repeat(901) + "]".repeat(901),
    "[".repeat(100_000),
  ];
  for (const source of refused) assert.throws(() => parseJson(source), Malformed, source.slice(0, 40));
  assert.throws(() => parseJson(new Uint8Array([0x22, 0xff, 0x22])), Malformed);
  assert.throws(() => parseJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x31])), Malformed);
  assert.throws(() => parseJson("\"\ud800\""), Malformed);
});

test("a key with a name of JavaScript's own changes no object", () => {
  const value = parseJson('{"__proto__":{"polluted":true}}');
  assert.equal(value.polluted, undefined);
  assert.equal({}.polluted, undefined);
  assert.equal(canonical(value), '{"__proto__":{"polluted":true}}');
});

test("one is not one point nought, and great integers keep every digit", () => {
  assert.ok(parseJson("1.0") instanceof Fraction);
  assert.throws(() => wholeNumber(parseJson("1.0")), Malformed);
  assert.equal(parseJson("9007199254740993"), 9007199254740993n);
  assert.throws(() => wholeNumber(parseJson("9007199254740993")), Malformed);
});

test("a text is called canonical when writing it again gives the same bytes, as the Python verifier decides it", () => {
  const canonicalTexts = [
    '{"b":1,"a":[true,null,"é\\n\\u0001"]}', "1.5", "-0.25", "1e+16", "1.5e-07", "0.0001", "123456.5", "2.0", "-0.0",
    '{"2":1,"1":2}', "12345678901234567890",
  ];
  const others = [
    '{"a": 1}', '"\\u00e9"', '"\\/"', "1.50", "1E5", "1e5", "-0", "1e16", "100000.0e0", '"\\u001F"', "[1] ", "0.00001",
  ];
  for (const text of canonicalTexts) assert.equal(readJson(text).canonical, true, text);
  for (const text of others) assert.equal(readJson(text).canonical, false, text);
});

test("digests are those of SHA-256", () => {
  assert.equal(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(sha256B64(utf8("abc")), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
  assert.equal(toInteger(concat(new Uint8Array([1]), new Uint8Array([2, 3]))), 0x010203n);
});

test("decimal integers have one spelling", () => {
  assert.equal(decimal("0"), 0n);
  assert.equal(decimal("1234567890123456789012"), 1234567890123456789012n);
  for (const odd of ["", "+1", "-1", "01", "00", "0x1", "1_0", " 1", "1\n", "1e5", "٣", 1, null, undefined, ["1"], "1".repeat(1301)]) {
    assert.throws(() => decimal(odd), Malformed);
  }
});

test("inside recorded answers other spellings of an integer are read, and only those", () => {
  for (const spelled of ["1", "+1", "01", "0x1", "0X01", "0b1", "0o1", "1_", "0".repeat(5000) + "1"]) {
    assert.equal(lenientInteger(spelled), 1n, spelled);
  }
  for (const odd of ["", "-1", "_1", "0x", "0x_1", "1n", "1 ", "9".repeat(1301), "0x" + "1".repeat(100_000), 1]) {
    assert.throws(() => lenientInteger(odd), Malformed);
  }
});

test("weights are numbers while they are small and texts when they are great", () => {
  assert.equal(bigNumber(1073741823), 1073741823n);
  assert.equal(bigNumber("1073741824"), 1073741824n);
  for (const odd of ["1073741823", 1073741824, -1, 1.5, true, null, "01073741824"]) assert.throws(() => bigNumber(odd), Malformed);
  for (const number of [0n, 1073741823n, 1073741824n, 10n ** 18n]) assert.equal(bigNumber(bigNumberJson(number)), number);
});

test("identifiers and digests have their shape", () => {
  assert.equal(electionUuid("F5APiU3gmNtJFa"), "F5APiU3gmNtJFa");
  for (const odd of ["short", "F5APiU3gmNtJF0", "F5APiU3gmNtJFa\n", "x".repeat(65), 5]) assert.throws(() => electionUuid(odd), Malformed);
  assert.equal(hexDigest("0f".repeat(32)), "0f".repeat(32));
  for (const odd of ["0F".repeat(32), "0f".repeat(31), `${"0f".repeat(32)}\n`]) assert.throws(() => hexDigest(odd), Malformed);
});

test("any number of random bytes can be asked for", () => {
  assert.equal(randomBytes(70_000).length, 70_000);
  assert.notDeepEqual(randomBytes(32), randomBytes(32));
  assert.ok(randomBytes(70_000).subarray(65_536).some((byte) => byte !== 0));
});

test("an error knows its place", () => {
  try {
    within(["answers", 0], () => within(["choices", 2, "alpha"], () => {
      throw new Rejected("no");
    }));
    assert.fail();
  } catch (error) {
    assert.equal(error.where, "answers[0].choices[2].alpha");
    assert.equal(error.name, "Rejected");
  }
});
