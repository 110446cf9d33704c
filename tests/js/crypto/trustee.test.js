import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { receive, send } from "../../../static/js/crypto/channel.js";
import { Malformed, Rejected } from "../../../static/js/crypto/errors.js";
import { named } from "../../../static/js/crypto/groups.js";
import * as keygen from "../../../static/js/crypto/keygen.js";
import * as transcripts from "../../../static/js/crypto/transcripts.js";
import {
  advance, answerTest, isComplete, keyText, makeTest, proveUsable, readKey,
} from "../../../static/js/crypto/trustee.js";
import { trustee } from "../../../static/js/trustee/worker.js";
import { Server, UUID } from "./ceremony.js";
import { fileOf } from "./vectors.js";

const ed25519 = named("Ed25519");

/** Two of three, stopped as soon as everybody has published `kind`. */
async function until(kind, threshold = 2, size = 3) {
  const server = new Server("Ed25519", size, threshold);
  while (Object.keys(server.published[kind]).length < size) {
    for (let index = 1; index <= size; index += 1) {
      if (!server.published[kind][index]) await server.step(index);
    }
  }
  return server;
}

const refusal = (promise, message, place) => assert.rejects(promise, (error) => {
  assert.ok(error instanceof Rejected, String(error));
  assert.match(error.message, message);
  if (place) assert.deepEqual(error.place.slice(0, place.length), place);
  return true;
});

for (const [group, size, threshold] of [["Ed25519", 3, 2], ["Ed25519", 3, 3], ["BELENIOS-2048", 2, 2], ["Ed25519", 1, 1]]) {
  test(`${threshold} of ${size} trustees make a key in ${group}`, async () => {
    const server = new Server(group, size, threshold);
    await server.run();
    const [first] = Object.values(server.last);
    for (const next of Object.values(server.last)) {
      assert.equal(next.ready, true);
      assert.equal(next.trustees, first.trustees);
      assert.equal(next.fingerprint, first.fingerprint);
      assert.equal(next.step, next.steps);
      assert.deepEqual(next.waitingFor, []);
      await proveUsable(next.keyFile);
    }
  });
}

test("each step can be repeated any number of times: the same is published again", async () => {
  const server = new Server("Ed25519", 3, 2);
  const first = await advance(server.state(1), null, "سعاد");
  assert.equal(first.publish.body.name, "سعاد");
  const again = await advance(server.state(1), first.keyFile);
  assert.deepEqual(again, first);
  server.keys[1] = first.keyFile;
  server.published.certificates[1] = first.publish.body;
  const waiting = await server.step(1);
  assert.equal(waiting.publish, null);
  assert.deepEqual(waiting.waitingFor, [2, 3]);
  assert.deepEqual(waiting.keyFile, first.keyFile);
  await server.run();
  const finished = server.last[1];
  assert.deepEqual(await advance(server.state(1), finished.keyFile), finished);
});

test("a store that forgets the order of keys does no harm", async () => {
  const server = await until("keys");
  const forget = (value) => {
    if (Array.isArray(value)) return value.map(forget);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? 1 : -1)).map(([k, v]) => [k, forget(v)]));
  };
  const ready = await server.step(1);
  assert.equal(ready.ready, true);
  server.published = forget(server.published);
  assert.equal((await server.step(1)).trustees, ready.trustees);
});

test("the names in the record are those that the server has for everybody", async () => {
  for (const threshold of [2, 3]) {
    const server = await until("keys", threshold);
    const trustees = ["سعاد الكاظم", "Yusuf Hanna", "Layla Barzani"];
    const lists = [];
    for (const index of [1, 2, 3]) {
      lists.push((await advance({ ...server.state(index), trustees }, server.keys[index])).trustees);
    }
    assert.equal(new Set(lists).size, 1);
    for (const name of trustees) assert.ok(lists[0].includes(`"name":"${name}"`));
  }
});

test("without the key file nobody goes on in a trustee's name", async () => {
  const server = await until("certificates");
  delete server.keys[2];
  await assert.rejects(server.step(2), (error) => error.code === "key needed");
});

test("a key is used for one election and one place only", async () => {
  const server = await until("certificates");
  const key = server.keys[1];
  const refused = (changes) => assert.rejects(advance({ ...server.state(1), ...changes }, key), (error) => error.code === "other key");
  await refused({ uuid: "AnotherE1ection" });
  await refused({ index: 2 });
  await refused({ threshold: 3 });
  await refused({ size: 4 });
  await refused({ group: "RFC-3526-2048" });
});

test("a threshold of 1 among several is refused before a key is made", async () => {
  const server = new Server("Ed25519", 3, 1);
  await assert.rejects(server.step(1), Malformed);
});

test("a wrong share is refused and its author named", async () => {
  const server = await until("shares");
  const { seed } = server.keys[3];
  const { encryption } = JSON.parse(server.published.certificates[1].certificate.message);
  const wrong = await send(transcripts.signingKey(ed25519, seed), ed25519.parseKey(encryption), { secret: "12345" });
  server.published.shares[3].secrets[0] = wrong;
  await refusal(server.step(1), /polynomial/, ["shares", 3]);
  // The others have right shares from him, and cannot know.
  assert.equal((await server.step(2)).publish.kind, "keys");
});

test("a share of another sender, or meant for another recipient, is refused and named", async () => {
  const server = await until("shares");
  server.published.shares[2].secrets[0] = server.published.shares[3].secrets[0];
  await refusal(server.step(1), /./, ["shares", 2]);
  server.published.shares[2].secrets[0] = server.published.shares[2].secrets[1];
  await refusal(server.step(1), /not encrypted to this key/, ["shares", 2]);
});

test("a polynomial other than the committed one is refused and its author named", async () => {
  const server = await until("certificates");
  const { seed } = server.keys[3];
  const ceremony = { group: ed25519, size: 3, threshold: 2 };
  const certs = keygen.checkCertificates(ceremony, [1, 2, 3].map((i) => server.published.certificates[i].certificate));
  const commitments = [];
  for (const index of [1, 2]) commitments.push((await server.step(index)).publish.body.commitment);
  commitments.push(keygen.commitment(ceremony, certs, seed));
  server.published.commitments[3] = { commitment: "0".repeat(64) };
  for (const index of [1, 2]) await server.step(index);
  server.published.shares[3] = await keygen.deal(ceremony, certs, seed, commitments);
  await refusal(server.step(1), /committed/, ["shares", 3]);
});

test("nobody deals before he has seen that he is committed to", async () => {
  const server = await until("commitments");
  const ceremony = { group: ed25519, size: 3, threshold: 2 };
  const certs = keygen.checkCertificates(ceremony, [1, 2, 3].map((i) => server.published.certificates[i].certificate));
  const commitments = [1, 2, 3].map((index) => server.published.commitments[index].commitment);
  const { seed } = server.keys[1];
  await refusal(keygen.deal(ceremony, certs, seed, ["0".repeat(64), ...commitments.slice(1)]), /committed/);
  await assert.rejects(keygen.deal(ceremony, certs, seed, commitments.slice(1)), Malformed);
});

test("certificates and commitments that change after they were relied on are refused", async () => {
  const server = await until("commitments");
  await server.step(1);
  const honest = structuredClone(server.published);
  server.published.certificates[3].certificate = keygen.certificate({ group: ed25519, size: 3, threshold: 2 }, 3, "another seed");
  await refusal(server.step(1), /changed/, ["certificates"]);
  server.published = honest;
  server.published.commitments[2] = { commitment: "1".repeat(64) };
  await refusal(server.step(1), /changed/, ["commitments"]);
});

test("a certificate made for another place, or copied, is refused and named", async () => {
  const server = await until("certificates");
  const honest = structuredClone(server.published);
  server.published.certificates[2] = server.published.certificates[3];
  await refusal(server.step(1), /another place/, ["certificates", 2]);
  server.published = honest;
  server.published.certificates[3].certificate.signature.response = "5";
  await refusal(server.step(1), /proof/, ["certificates", 3]);
});

test("where all are needed, a key that was not committed to is refused and named", async () => {
  const server = await until("keys", 3);
  const other = await until("keys", 3);
  server.published.keys[2] = other.published.keys[2];
  await refusal(server.step(1), /committed/, ["keys", 2]);
});

test("a key that the server calls the election's must be the trustees'", async () => {
  const server = await until("keys");
  const { publicKey } = await server.step(1);
  const key = server.keys[1];
  assert.equal((await advance({ ...server.state(1), public_key: publicKey }, key)).ready, true);
  const false_ = String(ed25519.generator.pow(7n));
  await refusal(advance({ ...server.state(1), public_key: false_ }, key), /election's key/);
});

test("a key file is read back from its text, and from nothing else", async () => {
  const server = await until("keys");
  await server.step(1);
  const key = server.keys[1];
  assert.ok(isComplete(key));
  assert.deepEqual(readKey(keyText(key)), key);
  assert.deepEqual(Object.keys(key), [
    "format", "uuid", "group", "index", "size", "threshold", "name", "seed",
    "certificates", "commitments", "sealed_key", "public_key", "published",
  ]);
  for (const text of ["", "{}", '{"format":"x"}', keyText(key).replace("trustee key 1", "trustee key 2"), keyText(key).slice(0, 99)]) {
    assert.throws(() => readKey(text), (error) => error instanceof Malformed && error.code === "key file");
  }
  const { seed, ...without } = key;
  assert.throws(() => readKey(without), (error) => error.code === "key file" && !error.message.includes(seed));
});

test("a key file with another seed or another sealed key decrypts nothing", async () => {
  const server = await until("keys");
  await server.step(1);
  await server.step(2);
  const key = server.keys[1];
  await assert.rejects(proveUsable({ ...key, seed: server.keys[2].seed }), Rejected);
  await assert.rejects(proveUsable({ ...key, sealed_key: server.keys[2].sealed_key }), Rejected);
  await assert.rejects(proveUsable({ ...key, public_key: server.keys[2].public_key }), Rejected);
  await assert.rejects(proveUsable((await until("certificates")).keys[1]), (error) => error.code === "incomplete");
});

test("the server's test is answered, and a voter's ciphertext that is called a test is not", async () => {
  const server = await until("keys");
  await server.step(1);
  const key = server.keys[1];
  const point = ed25519.parseKey(key.public_key);
  const { test: asked, answer } = makeTest(point, UUID, 1);
  assert.equal(await answerTest(key, asked), answer);
  const r = ed25519.random();
  const ballot = { alpha: String(ed25519.generator.pow(r)), beta: String(point.pow(r).times(ed25519.generator)) };
  await assert.rejects(answerTest(key, ballot), (error) => error.code === "no test");
  await assert.rejects(answerTest(key, { alpha: String(ed25519.identity), beta: answer }), Malformed);
});

test("what belenios-tool sent through its channel is read", async () => {
  const name = "ed25519-3.3.0-threshold";
  const lines = (file) => {
    const path = new URL(`../../vectors/${name}/${file}`, import.meta.url);
    return readFileSync(path, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  };
  const { pedersen } = fileOf(name, "trustees_private.json");
  const certs = lines("dkg_certs.jsonl").map((cert) => JSON.parse(cert.message));
  const inputs = lines("dkg_vinputs.jsonl");
  for (const [index, { seed }] of pedersen.entries()) {
    const key = transcripts.channelKey(ed25519, seed);
    for (const [author, cert] of certs.entries()) {
      const content = await receive(key, ed25519.parseKey(cert.verification), inputs[index].secrets[author]);
      ed25519.parseScalar(content.secret);
    }
  }
});

test("seeds are drawn anew, long, and in letters that nobody confuses", () => {
  const seeds = Array.from({ length: 50 }, () => keygen.newSeed({ group: named("BELENIOS-2048") }));
  assert.equal(new Set(seeds).size, 50);
  for (const seed of seeds) assert.match(seed, /^[1-9A-HJ-NP-Za-km-z]{44}$/);
});

test("the worker answers with what it did, and with a reason when it could not", async () => {
  const posted = [];
  const handle = trustee((message) => posted.push(structuredClone(message)));
  const server = new Server("Ed25519", 2, 2);
  await handle({ id: 1, do: "advance", state: server.state(1), keyFile: null, name: "Yusuf" });
  await handle({ id: 2, do: "advance", state: server.state(2), keyFile: posted[0].done.keyFile });
  await handle({ id: 3, do: "read", file: posted[0].done.text });
  await handle({ id: 4, do: "constructor" });
  assert.equal(posted[0].done.publish.kind, "commitments");
  assert.deepEqual([posted[1].failed.name, posted[1].failed.code], ["Rejected", "other key"]);
  assert.deepEqual(posted[2].done.keyFile, posted[0].done.keyFile);
  assert.equal(posted[3].failed.name, "TypeError");
});
