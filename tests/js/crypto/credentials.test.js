import assert from "node:assert/strict";
import { test } from "node:test";
import {
  generate,
  normalise,
  parsePublicCredential,
  publicKey,
  publicList,
  signingKey,
} from "../../../static/js/crypto/credentials.js";
import { Malformed, Rejected } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import { HOMOMORPHIC, load } from "./vectors.js";

const ED = named("Ed25519");
const coded = (code) => (error) => error instanceof Malformed && error.code === code;

test("private credentials made by belenios-tool give the public ones of its records", () => {
  let checked = 0;
  // Release 2.0 had another form of credentials (PROTOCOL.md section 2).
  for (const name of HOMOMORPHIC.filter((name) => !name.includes("-2.0-"))) {
    const vector = load(name);
    const { group, uuid } = JSON.parse(vector.election.toString());
    const listed = new Set(vector.credentials.map((entry) => entry.split(",")[0]));
    for (const credential of Object.values(vector.file("private_creds.json"))) {
      assert.ok(listed.has(String(publicKey(named(group), uuid, credential))), name);
      checked += 1;
    }
  }
  assert.ok(checked > 30);
});

test("lists of public credentials are sorted as belenios-tool sorts them", () => {
  for (const name of HOMOMORPHIC) {
    const vector = load(name);
    const group = named(JSON.parse(vector.election.toString()).group);
    const entries = vector.credentials.map((entry) => parsePublicCredential(group, entry));
    const shuffled = [...entries].reverse().map(({ point, weight, weighted }) => ({ point, weight: weighted ? weight : null }));
    assert.deepEqual(publicList(group, shuffled), vector.credentials, name);
  }
});

test("a list says no credential twice and no weight that is none", () => {
  assert.throws(() => publicList(ED, [{ point: ED.generator }, { point: ED.generator }]), Rejected);
  assert.throws(() => publicList(ED, [{ point: ED.generator, weight: -1n }]), Malformed);
  assert.throws(() => publicList(ED, [{ point: ED.generator, weight: 10n ** 18n }]), Malformed);
  for (const odd of [`${ED.generator},`, `${ED.generator},01`, `${ED.generator},-1`, `${ED.generator},1,1`, `${ED.identity}`, 5]) {
    assert.throws(() => parsePublicCredential(ED, odd), Malformed);
  }
});

test("fresh credentials have the form of the protocol", () => {
  const made = Array.from({ length: 200 }, generate);
  for (const credential of made) {
    assert.match(credential, /^[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}$/);
    assert.equal(normalise(credential), credential);
  }
  assert.equal(new Set(made).size, made.length);
  assert.equal(new Set(made.join("").replaceAll("-", "")).size, 58);
});

test("a code is understood however it was typed, pasted or scanned", () => {
  const code = "aXfme-maUqnW-kfv5x-RxPjCg";
  for (const typed of [
    code, "aXfmemaUqnWkfv5xRxPjCg", ` ${code}\r\n`, "aXfme maUqnW kfv5x RxPjCg", "aXfme–maUqnW—kfv5x‑RxPjCg",
    `\u200f\u202a${code}\u202c\u200e`, "aXfme\u00a0maUqnW\u2009kfv5x\u3000RxPjCg", `\ufeff${code}`, "aX fm-e-maUqnWkfv5x−RxPj\u00adCg\u2069",
    `${code}\u0085\u001f\u061c`,
  ]) {
    assert.equal(normalise(typed), code);
  }
});

test("a mistyped code is refused by the kind of mistake, and is not repeated in the message", () => {
  assert.throws(() => normalise("0Xfme-maUqnW-kfv5x-RxPjCg"), coded("confusable"));
  assert.throws(() => normalise("aXfme-maUqnW-kfv5x-RxPjOIl"), coded("confusable"));
  assert.throws(() => normalise("aXfme-maUqnW-kfv5x-RxPjCé"), coded("letters"));
  assert.throws(() => normalise("أXfme-maUqnW-kfv5x-RxPj0g"), coded("letters"));
  assert.throws(() => normalise("aXfme_maUqnW"), coded("letters"));
  assert.throws(() => normalise("aXfme-maUqnW-kfv5x-RxPjC"), coded("length"));
  assert.throws(() => normalise(""), (error) => error.code === "length" && error.found === 0);
  for (const typed of ["Secretcode0", "Secretcodeé", "Secretcode"]) {
    assert.throws(() => normalise(typed), (error) => !error.message.includes("Secret"));
  }
});

test("only the canonical form gives a key", () => {
  for (const odd of ["aXfmemaUqnWkfv5xRxPjCg", "aXfme-maUqnW-kfv5x-RxPjCg\n", "", null]) {
    assert.throws(() => signingKey(ED, "SawtunaTest1234", odd), Malformed);
  }
});
