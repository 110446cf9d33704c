import assert from "node:assert/strict";
import { test } from "node:test";
import { authority } from "../../../static/js/authority/worker.js";
import { parsePublicCredential, publicKey } from "../../../static/js/crypto/credentials.js";
import { named } from "../../../static/js/crypto/groups.js";

const TASK = { group: "Ed25519", uuid: "5o6HuwUTRyvcQB", weighted: false, voters: [["10", "1"], ["2", "1"], ["a", "1"]] };

async function ask(message) {
  const heard = [];
  await authority((told) => heard.push(told))({ id: 1, ...message });
  const last = heard.at(-1);
  assert.ok(!("failed" in last), JSON.stringify(last));
  return { ...last.done, heard };
}

test("every voter gets a code, and the list holds their public halves and nothing else", async () => {
  const { codes, list, fingerprint, heard } = await ask({ do: "make", ...TASK });
  assert.deepEqual(codes.map(([id]) => id), ["10", "2", "a"]);
  const group = named("Ed25519");
  const expected = codes.map(([, code]) => String(publicKey(group, TASK.uuid, code)));
  assert.deepEqual([...list].sort(), [...expected].sort());
  assert.match(fingerprint, /^[A-Za-z0-9+/]{43}$/);
  assert.equal(heard.at(-2).progress.total, 3);
});

test("the list does not tell who is who: it is sorted by its own elements", async () => {
  const group = named("Ed25519");
  const { list } = await ask({ do: "make", ...TASK });
  const points = list.map((entry) => parsePublicCredential(group, entry).point);
  for (let at = 1; at < points.length; at += 1) assert.ok(group.compare(points[at - 1], points[at]) < 0);
});

test("codes that were saved give the same list again", async () => {
  const { codes, list, fingerprint } = await ask({ do: "make", ...TASK });
  const again = await ask({ do: "derive", ...TASK, codes: [...codes].reverse() });
  assert.deepEqual(again.list, list);
  assert.equal(again.fingerprint, fingerprint);
});

test("weights stand beside the keys when the list has them", async () => {
  const { list } = await ask({ do: "make", ...TASK, weighted: true, voters: [["1", "900000000000000000"], ["2", "1"]] });
  assert.deepEqual(list.map((entry) => entry.split(",")[1]).sort(), ["1", "900000000000000000"]);
});

test("no failure repeats a code", async () => {
  const heard = [];
  await authority((told) => heard.push(told))({ id: 1, do: "derive", ...TASK, codes: [["10", "my-secret"], ["2", "x"], ["a", "y"]] });
  assert.ok("failed" in heard.at(-1));
  assert.ok(!JSON.stringify(heard).includes("my-secret"));
});

test("codes that are kept stay as they are, and the others are made", async () => {
  const { codes } = await ask({ do: "make", ...TASK });
  const kept = codes.filter(([id]) => id !== "2");
  const renewed = await ask({ do: "renew", ...TASK, codes: kept });
  assert.deepEqual(renewed.codes.map(([id]) => id), ["10", "2", "a"]);
  const known = new Map(renewed.codes);
  for (const [id, code] of kept) assert.equal(known.get(id), code);
  assert.notEqual(known.get("2"), new Map(codes).get("2"));
  const derived = await ask({ do: "derive", ...TASK, codes: renewed.codes });
  assert.equal(derived.fingerprint, renewed.fingerprint);
});
