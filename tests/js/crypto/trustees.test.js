import assert from "node:assert/strict";
import { test } from "node:test";
import { replay, Archive } from "../../../static/js/crypto/archive.js";
import { canonical } from "../../../static/js/crypto/encoding.js";
import { Malformed, Rejected } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import { Pedersen, PublicKey, Single, Trustees, lagrange, powerOfIndex } from "../../../static/js/crypto/trustees.js";
import { archiveOf, fileOf, names } from "./vectors.js";

const ed25519 = named("Ed25519");

/** Election and trustees of a vector, as JSON. */
function foundingOf(name) {
  const { value: step } = replay(new Archive(archiveOf(name))).next();
  return step.data.slice(0, 2).map((entry) => JSON.parse(new TextDecoder().decode(entry.body)));
}

/** The threshold group of a vector. */
const blockOf = (name) => foundingOf(name)[1].find(([kind]) => kind === "Pedersen")[1];

const parse = (group, list) => Trustees.parse(group, canonical(list));
const single = (name = null) => ["Single", PublicKey.make(ed25519, ed25519.random(), name).toJSON()];

test("trustees of every election of release 3.3 are proven, distinct, and make the election's key", () => {
  const found = names().filter((name) => name.includes("3.3.0"));
  assert.ok(found.length >= 10);
  for (const name of found) {
    const [election, list] = foundingOf(name);
    const trustees = parse(named(election.group), list);
    assert.deepEqual(trustees.errors(), [], name);
    trustees.verifyDistinct();
    assert.equal(String(trustees.combinedKey()), election.public_key, name);
  }
});

test("owners count through the whole list, a threshold group taking one number a trustee", () => {
  const block = blockOf("ed25519-3.3.0-threshold");
  const trustees = parse(ed25519, [single("أمين"), ["Pedersen", block], single()]);
  assert.deepEqual(trustees.list.map((member) => member.owners), [[1], [2, 3, 4], [5]]);
  assert.ok(trustees.list[0] instanceof Single && trustees.list[1] instanceof Pedersen);
  assert.deepEqual([...trustees.keys.keys()], [1, 2, 3, 4, 5]);
  assert.equal(trustees.names.get(1), "أمين");
  assert.equal(String(trustees.keys.get(3)), block.verification_keys[1].public_key);
});

test("threshold keys of releases before 3.0 are rejected", () => {
  for (const [name, message] of [["belenios2048-2.0-threshold", /before 2.5.1/], ["ed25519-2.5.1-threshold", /before 3.0/]]) {
    const [election, list] = foundingOf(name);
    const judge = () => {
      const [error] = parse(named(election.group), list).errors();
      if (error) throw error;
    };
    assert.throws(judge, (error) => error instanceof Rejected && message.test(error.message));
  }
});

test("whatever is changed in a threshold group is found, and where", () => {
  const honest = blockOf("ed25519-3.3.0-threshold");
  const other = String(ed25519.generator.pow(5n));
  const lies = {
    "[0].certs[0].signature": (block) => { block.certs[0].signature.response = "7"; },
    "[0].certs[1]": (block) => { [block.certs[0], block.certs[1]] = [block.certs[1], block.certs[0]]; },
    "[0].coefexps[1]": (block) => { block.coefexps[1].signature.challenge = "7"; },
    "[0].signatures[2]": (block) => { block.signatures[2].response = "7"; },
    "[0].verification_keys[0]": (block) => { block.verification_keys[0].public_key = other; },
    "[0].verification_keys[1]": (block) => { block.verification_keys[1].pok.response = "7"; },
    "[0].verification_keys[2]": (block) => { delete block.verification_keys[2].signature; },
  };
  for (const [place, lie] of Object.entries(lies)) {
    const block = structuredClone(honest);
    lie(block);
    let found;
    try {
      [found] = parse(ed25519, [["Pedersen", block]]).errors();
    } catch (error) {
      found = error;
    }
    assert.ok(found instanceof Rejected, place);
    assert.ok(place.startsWith(found.where) || found.where.startsWith(place.split(".").slice(0, 1).join()), found.where);
  }
  for (const size of [0, 4]) {
    const block = { ...honest, threshold: size };
    assert.throws(() => parse(ed25519, [["Pedersen", block]]), Malformed);
  }
});

test("a key that stands twice is refused, the neutral element is no key", () => {
  const one = single();
  assert.throws(() => parse(ed25519, [one, single(), one]).verifyDistinct(), /\[0\].public_key and \[2\].public_key/);
  const neutral = structuredClone(one);
  neutral[1].public_key = String(ed25519.identity);
  assert.throws(() => parse(ed25519, [neutral]), /neutral/);
  assert.throws(() => parse(ed25519, []), /at least one/);
  assert.throws(() => parse(ed25519, [["Shamir", {}]]), Malformed);
});

test("a proof of possession belongs to one key", () => {
  const [, first] = single();
  const [, second] = single();
  const [error] = parse(ed25519, [["Single", { ...first, pok: second.pok }]]).errors();
  assert.ok(error instanceof Rejected);
  assert.equal(error.where, "[0]");
});

test("Lagrange's coefficients bring a polynomial back to its value at 0", () => {
  const { order } = ed25519;
  const at = (x) => (123n + 45n * x + 6n * x * x) % order;
  const sum = [...lagrange(order, [1, 3, 4])].reduce((total, [j, c]) => total + c * at(BigInt(j)), 0n) % order;
  assert.equal(sum, 123n);
  const points = [123n, 45n, 6n].map((a) => ed25519.generator.pow(a));
  assert.ok(powerOfIndex(points, 4).equals(ed25519.generator.pow(at(4n))));
});

test("the private keys of the vectors belong to their trustees", () => {
  const { single: list } = fileOf("ed25519-3.3.0-basic", "trustees_private.json");
  const [, founding] = foundingOf("ed25519-3.3.0-basic");
  const keys = founding.map(([, trustee]) => trustee.public_key);
  for (const { private_key: key } of list) assert.ok(keys.includes(String(ed25519.generator.pow(BigInt(key)))));
});
