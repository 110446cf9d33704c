import assert from "node:assert/strict";
import { test } from "node:test";
import { advance, isComplete } from "../../../static/js/crypto/trustee.js";
import {
  decryptionIn, fileName, hasBegun, missing, ownOf, path, pinsName, pinsOf, restored, round, sameSecret, screenOf, spare, stranger,
} from "../../../static/js/trustee/steps.js";
import { Server } from "../crypto/ceremony.js";

const usual = {
  state: "keys", election_state: "draft", uuid: "5o6HuwUTRyvcQB", group: "Ed25519", size: 3, threshold: 2, index: 1,
  published: {}, decrypted: [], lost: [],
};
const nothing = { key: false, made: false };
const of = (...indexes) => Object.fromEntries(indexes.map((index) => [index, {}]));

test("a trustee who comes for the first time makes a key, then saves it", () => {
  assert.equal(screenOf(usual, nothing), "begin");
  assert.equal(screenOf(usual, { key: true, made: true }), "save");
});

test("after the first part the page waits, and asks for the file only when it is this trustee's turn", () => {
  const waiting = { ...usual, published: { certificates: of(1) } };
  assert.ok(hasBegun(waiting));
  assert.equal(screenOf(waiting, { key: true, made: false }), "waiting");
  assert.equal(screenOf(waiting, nothing), "waiting");
  const turn = { ...usual, published: { certificates: of(1, 2, 3) } };
  assert.equal(screenOf(turn, nothing), "turn");
  assert.equal(screenOf(turn, { key: true, made: false }), "waiting");
});

test("a page that holds an old key begins again when the ceremony was started anew", () => {
  assert.equal(screenOf(usual, { key: true, made: false }), "begin");
});

test("each state of the election has its screen", () => {
  const shown = (state, more = {}) => screenOf({ ...usual, state, ...more }, nothing);
  assert.equal(shown("test"), "test");
  assert.equal(shown("ready"), "ready");
  assert.equal(shown("waiting", { election_state: "open" }), "ready");
  assert.equal(shown("waiting", { election_state: "cancelled" }), "cancelled");
  assert.equal(shown("decrypting", { election_state: "decrypting" }), "decrypt");
  assert.equal(shown("done", { decrypted: [1, 2] }), "done");
  assert.equal(shown("done", { decrypted: [2, 3] }), "unneeded");
});

test("the round names for whom it waits", () => {
  assert.deepEqual(round({ ...usual, published: { certificates: of(1, 2, 3), commitments: of(2) } }), {
    kind: "commitments", step: 2, steps: 4, waiting: [1, 3],
  });
  assert.deepEqual(path({ size: 2, threshold: 2 }), ["commitments", "keys"]);
  assert.deepEqual(missing(usual, "keys"), [1, 2, 3]);
  const all = Object.fromEntries(path(usual).map((kind) => [kind, of(1, 2, 3)]));
  assert.equal(round({ ...usual, published: all }), null);
});

for (const [size, threshold] of [[3, 2], [3, 3]]) {
  test(`the file of the first step is enough for the whole election, ${threshold} of ${size}`, async () => {
    const server = new Server("Ed25519", size, threshold);
    const { keyFile: first } = await server.step(1);
    await server.run();
    const state = server.state(1);
    const next = await advance(state, restored(first, state));
    assert.ok(next.ready);
    assert.equal(next.publish, null);
    assert.ok(isComplete(next.keyFile));
    assert.equal(next.keyFile.public_key, server.keys[1].public_key);
  });

  test(`a trustee can close the page after every step and go on with the first file, ${threshold} of ${size}`, async () => {
    const server = new Server("Ed25519", size, threshold);
    const files = {};
    for (let turn = 0; turn < 6; turn += 1) {
      for (let index = 1; index <= size; index += 1) {
        const state = server.state(index);
        const next = await advance(state, files[index] ? restored(files[index], state) : null);
        files[index] ??= next.keyFile;
        if (next.publish) server.published[next.publish.kind][index] = next.publish.body;
      }
    }
    assert.equal(round(server.state(1)), null);
    const state = server.state(2);
    assert.ok((await advance(state, restored(files[2], state))).ready);
  });
}

test("shares and keys that a server has put in the trustee's place are refused", async () => {
  const server = new Server("Ed25519", 3, 2);
  const { keyFile: first } = await server.step(1);
  await server.run();
  for (const kind of ["shares", "keys"]) {
    const state = server.state(1);
    state.published[kind][1] = state.published[kind][2];
    await assert.rejects(advance(state, restored(first, state)));
  }
});

test("a key of another election or of another trustee is told apart", () => {
  const key = { uuid: usual.uuid, group: "Ed25519", index: 1, size: 3, threshold: 2 };
  assert.equal(stranger(key, usual), "");
  assert.equal(stranger({ ...key, uuid: "AnotherE1ection" }, usual), "other-election");
  assert.equal(stranger({ ...key, index: 2 }, usual), "other-trustee");
  assert.equal(stranger({ ...key, size: 5 }, usual), "other-trustee");
  assert.ok(sameSecret({ seed: "a" }, { seed: "a" }));
  assert.ok(!sameSecret({ seed: "a" }, { seed: "b" }));
});

test("what the browser remembers of a key is no secret, and another key has another name", async () => {
  const server = new Server("Ed25519", 3, 2);
  await server.run();
  const pins = pinsOf(server.keys[1]);
  assert.deepEqual(Object.keys(pins), ["certificates", "commitments"]);
  assert.ok(!JSON.stringify(pins).includes(server.keys[1].seed));
  assert.ok(!pinsName(server.keys[1]).includes(server.keys[1].seed));
  assert.notEqual(pinsName(server.keys[1]), pinsName({ ...server.keys[1], published: server.keys[2].published }));
});

test("lost keys are set against the threshold", () => {
  assert.equal(spare(usual), 1);
  assert.equal(spare({ ...usual, lost: [2] }), 0);
  assert.equal(spare({ ...usual, lost: [2, 3] }), -1);
});

test("files have names that tell what they are", () => {
  assert.equal(fileName(usual), "sawtuna-key-5o6HuwUTRyvcQB-1.json");
  assert.deepEqual(decryptionIn('{"format":"sawtuna decryption 1"}'), { format: "sawtuna decryption 1" });
  for (const text of [null, "", "[]", "null", "{}", "x"]) assert.equal(decryptionIn(text), null);
});

test("the memory of a key is found before its file is loaded, by what stands in the trustee's name", () => {
  const state = { ...usual, published: { certificates: { 1: { certificate: "mine" }, 2: { certificate: "hers" } } } };
  assert.deepEqual(ownOf(state), { certificates: { certificate: "mine" } });
  assert.equal(pinsName({ ...state, published: ownOf(state) }), pinsName({ ...usual, published: { certificates: { certificate: "mine" } } }));
});
