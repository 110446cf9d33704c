import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseRecorded } from "../../../static/js/crypto/ballot.js";
import { parseElection } from "../../../static/js/crypto/election.js";
import { utf8 } from "../../../static/js/crypto/encoding.js";
import { verifyRecord } from "../../../static/js/crypto/record.js";
import { CHECKS } from "../../../static/js/crypto/report.js";
import { observer } from "../../../static/js/observer/worker.js";
import { TAMPERED, archiveOf, fileOf, load, names } from "./vectors.js";

/** The tables of the Python verifier's tests: folder -> verdict and the checks that fail. */
function expectations() {
  const source = readFileSync(new URL("../../crypto/verification/test_vectors.py", import.meta.url), "utf8");
  const quoted = (text) => [...text.matchAll(/"([a-z.]+)"/g)].map((match) => match[1]);
  const uncounted = quoted(source.match(/^UNCOUNTED = .*$/m)[0]);
  const rows = source.matchAll(/^ {4}"([^"]+)": \(([A-Z]+), (set\(\)|\{[^}]*\})\)/gm);
  return new Map([...rows].map(([, name, verdict, checks]) => [
    name, [verdict.toLowerCase(), [...quoted(checks), ...(checks.includes("*UNCOUNTED") ? uncounted : [])].sort()],
  ]));
}

const EXPECTED = expectations();
const ALL = [...names(), ...TAMPERED.map((name) => `tampered/${name}`)];
const short = (name) => name.replace("tampered/", "");
const BASIC = archiveOf("ed25519-3.3.0-revotes");

test("every folder of vectors is in the table", () => {
  assert.deepEqual(ALL.map(short).sort(), [...EXPECTED.keys()].sort());
});

for (const name of ALL) {
  test(`the verdict on ${short(name)} is that of the Python verifier`, async () => {
    const report = await verifyRecord(archiveOf(name), null);
    const said = JSON.stringify(report.toJSON().checks.filter((check) => check.failures.length));
    assert.deepEqual([report.verdict, report.failed.sort()], EXPECTED.get(short(name)), said);
    if (report.verdict === "verified") {
      const { result } = fileOf(short(name).split("--")[0], "result.json");
      assert.deepEqual(report.toJSON().result, result.map((row) => row.map(Number)));
      assert.equal(report.decryptionProofs, "weak");
    } else {
      assert.equal(report.result, null);
    }
  });
}

test("turnout, trackers' number and fingerprints are those that belenios-tool counted", async () => {
  for (const name of ["ed25519-3.3.0-revotes", "ed25519-3.3.0-weights", "belenios2048-3.3.0-threshold"]) {
    const { ballots, uuid, credentials_fingerprint: fingerprint } = (await verifyRecord(archiveOf(name))).toJSON();
    const votes = fileOf(name, "votes.json");
    const counted = new Set(votes.map((vote) => vote.voter)).size;
    assert.equal(ballots.recorded, votes.length);
    assert.equal(ballots.counted, counted);
    assert.equal(ballots.replaced, votes.length - counted);
    const meta = fileOf(name, "meta.json");
    assert.deepEqual([uuid, fingerprint], [meta.uuid, meta.public_credentials_fingerprint]);
  }
});

test("each check is named once, as it ends, and progress goes on to the end", async () => {
  const checks = [];
  const progress = [];
  await verifyRecord(BASIC, null, {
    onCheck: (check) => checks.push(check),
    onProgress: (...told) => progress.push(told),
  });
  assert.deepEqual(checks.map((check) => check.id).sort(), Object.keys(CHECKS).sort());
  assert.ok(checks.findIndex((c) => c.id === "archive.chain") < checks.findIndex((c) => c.id === "ballots.proofs"));
  assert.ok(checks.findIndex((c) => c.id === "ballots.proofs") < checks.findIndex((c) => c.id === "result.counts"));
  assert.equal(checks.find((c) => c.id === "ballots.proofs").status, "passed");
  assert.deepEqual(progress.filter(([stage]) => stage === "reading").at(-1), ["reading", BASIC.length, BASIC.length]);
  assert.deepEqual(progress.at(-1), ["ballots", 7, 7]);
});

test("an election that is going on is in progress, without a result", async () => {
  const { replay, Archive } = await import("../../../static/js/crypto/archive.js");
  const ends = [...replay(new Archive(BASIC))].map((step) => step.end);
  const verdict = async (end) => {
    const report = await verifyRecord(BASIC.subarray(0, end));
    assert.deepEqual(report.failed, []);
    assert.equal(report.result, null);
    return [report.verdict, report.phase];
  };
  assert.deepEqual(await verdict(ends[0]), ["in progress", "Setup"]);
  assert.deepEqual(await verdict(ends[3]), ["in progress", "Ballot"]);
  assert.deepEqual(await verdict(ends.at(-2)), ["in progress", "PartialDecryption"]);
});

test("what is no archive is unreadable, what is cut is rejected", async () => {
  const nothing = await verifyRecord(utf8("<html>not found</html>"));
  assert.deepEqual([nothing.verdict, nothing.toJSON().reason], ["unreadable", "this is not an election archive"]);
  const cut = await verifyRecord(BASIC.subarray(0, BASIC.length - 100));
  assert.deepEqual([cut.verdict, cut.failed], ["rejected", ["archive.entries"]]);
  const empty = await verifyRecord(BASIC.subarray(0, 1024));
  assert.deepEqual([empty.verdict, empty.failed], ["rejected", ["archive.order"]]);
});

test("an older copy must be the beginning of the newer one", async () => {
  const kept = await verifyRecord(BASIC, null, { previous: BASIC.subarray(0, 5 * 512) });
  assert.equal(kept.outcomes["previous.kept"].status, "passed");
  const changed = BASIC.slice();
  changed[changed.length - 600] ^= 1;
  assert.deepEqual((await verifyRecord(BASIC, null, { previous: changed })).failed, ["previous.kept"]);
  const shorter = await verifyRecord(archiveOf("ed25519-3.3.0-blank"), null, { previous: BASIC });
  assert.deepEqual(shorter.failed, ["previous.kept"]);
});

test("missing strong proofs are a failure where they were promised", async () => {
  const report = await verifyRecord(BASIC, null, { requireStrong: true });
  assert.deepEqual([report.verdict, report.failed], ["rejected", ["decryptions.strong"]]);
  const damaged = await verifyRecord(BASIC, "{");
  assert.deepEqual(damaged.failed, ["decryptions.strong"]);
  assert.equal(damaged.decryptionProofs, "weak");
});

test("a ballot whose seal was opened for an audit is refused, and a list that cannot be read", async () => {
  const list = (...seals) => utf8(`${JSON.stringify({ format: "sawtuna audited seals 1", seals })}\n`);
  const verdict = async (seals) => {
    const { verdict: found, failed, outcomes } = await verifyRecord(BASIC, null, { seals });
    const { count, failures } = outcomes["ballots.audits"];
    return [found, failed, count, failures.map(({ place }) => place)];
  };
  assert.deepEqual(await verdict(null), ["verified", [], 0, []]);
  assert.deepEqual(await verdict(list()), ["verified", [], 7, []]);
  assert.deepEqual(await verdict(list("A".repeat(43))), ["verified", [], 7, []]);
  const { election, ballots } = load("ed25519-3.3.0-revotes");
  const { sealCode, tracker } = parseRecorded(parseElection(election), ballots[2]);
  assert.deepEqual(await verdict(list(sealCode)), ["rejected", ["ballots.audits"], 7, [`event[3] #${tracker}`]]);
  assert.deepEqual(await verdict(utf8("[]")), ["rejected", ["ballots.audits"], 1, ["audited-seals"]]);
  assert.deepEqual(await verdict(list("A")), ["rejected", ["ballots.audits"], 1, ["audited-seals.seals[0]"]]);
});

test("the observer's worker reports, and can be stopped", async () => {
  const posted = [];
  const handle = observer((message) => posted.push(structuredClone(message)));
  await handle({ id: 1, do: "verify", bel: BASIC.buffer.slice(0) });
  const of = (key) => posted.filter((message) => message.id === 1 && key in message);
  assert.equal(of("done")[0].done.verdict, "verified");
  assert.equal(of("check").length, Object.keys(CHECKS).length);
  assert.deepEqual(of("progress").at(-1).progress, { stage: "ballots", done: 7, total: 7 });
  const running = handle({ id: 2, do: "verify", bel: BASIC });
  await handle({ id: 3, do: "cancel" });
  await running;
  assert.equal(posted.find((message) => message.id === 2 && "failed" in message).failed.name, "AbortError");
});
