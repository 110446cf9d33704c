import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Archive, Cut, Unclaimed, checkOrder, entryBytes, eventBytes, firstEntry, parseEvent, replay,
} from "../../../static/js/crypto/archive.js";
import { concat, sha256B64, sha256Hex, utf8 } from "../../../static/js/crypto/encoding.js";
import { Malformed, Rejected, Unsupported } from "../../../static/js/crypto/errors.js";
import { archiveOf, fileOf, names } from "./vectors.js";

const TIME = 1_700_000_000;
const BASIC = archiveOf("ed25519-3.3.0-basic");

/** An archive of records and events as texts: `{data}` or `{event}`. */
function archive(...parts) {
  return concat(firstEntry(TIME), ...parts.map(({ data, event }) => {
    const body = utf8(data ?? event);
    return entryBytes(`${sha256Hex(body)}.${data === undefined ? "event" : "data"}.json`, body, TIME);
  }));
}

const event = (parent, height, type, payload) => ({
  event: new TextDecoder().decode(eventBytes({ parent, height, type, payload })),
});
const digest = ({ data, event: text }) => sha256Hex(data ?? text);
const steps = (bytes) => [...replay(new Archive(bytes))];
const refused = (bytes, kind, message, place) => assert.throws(() => steps(bytes), (error) => {
  assert.ok(error instanceof kind, String(error));
  assert.match(error.message, message);
  if (place !== undefined) assert.equal(error.where, place);
  return true;
});
const changed = (bytes, offset, value) => {
  const copy = bytes.slice();
  copy[offset] = value;
  return copy;
};

/** A founding: election, trustees, credentials, set-up, event. */
function founding() {
  const records = ['{"e":1}', "[]", '["c"]'].map((data) => ({ data }));
  const [election, trustees, credentials] = records.map(digest);
  const setup = { data: JSON.stringify({ election, trustees, credentials }) };
  return [...records, setup, event(null, 0, "Setup", digest(setup))];
}

test("every archive of belenios-tool is walked from end to end", () => {
  for (const name of names()) {
    const found = steps(archiveOf(name));
    assert.ok(found.every((step) => !step.chainErrors.length && !step.dataErrors.length), name);
    assert.ok(found.every((step) => step.data.every((entry) => !entry.error)), name);
    const kinds = found.map((step) => step.event.type);
    let previous = null;
    for (const kind of kinds) {
      checkOrder(previous, kind, kinds.includes("Shuffle"));
      previous = kind;
    }
    assert.equal(previous, "Result");
    const trackers = found.filter((step) => step.event.type === "Ballot").map((step) => sha256B64(step.data[0].body));
    assert.deepEqual(trackers, fileOf(name, "votes.json").map((vote) => vote.tracker));
  }
});

test("bytes that are no archive are told apart from an archive that was rewritten", () => {
  refused(new Uint8Array(), Malformed, /not an election archive/);
  refused(utf8("x".repeat(2000)), Malformed, /not an election archive/);
  refused(changed(BASIC, 160, 1), Rejected, /first entry/, "entry[0]@0");
  refused(entryBytes("BELENIOS", utf8('{"version":2,"timestamp":"1700000"}'), TIME), Unsupported, /version 2/);
});

test("nothing in a header may vary", () => {
  const start = firstEntry(new Archive(BASIC).timestamp).length;
  for (const offset of [64, 100, 108, 124, 136, 148, 156, 257, 511]) {
    refused(changed(BASIC, start + offset, 0x39), Malformed, /./, `entry[1]@${start}`);
  }
});

test("a copy that broke off, padding that is not empty and a tail of zeros are refused", () => {
  refused(BASIC.subarray(0, BASIC.length - 512), Cut, /middle of an entry/);
  refused(BASIC.subarray(0, BASIC.length - 1), Cut, /middle of an entry/);
  refused(changed(BASIC, BASIC.length - 1, 1), Malformed, /padding/);
  refused(concat(BASIC, new Uint8Array(1024)), Malformed, /name/);
});

test("a record whose content is not the one its name promises is shown with its place", () => {
  const start = firstEntry(new Archive(BASIC).timestamp).length;
  const [entry] = new Archive(changed(BASIC, start + 520, 0x20)).entries();
  assert.equal(entry.error.where, `entry[1]@${start}`);
  assert.ok(entry.error instanceof Rejected);
});

test("an event is canonical, of a known type, and has a payload where one belongs", () => {
  const parse = (text) => () => parseEvent(utf8(text));
  assert.deepEqual(parse('{"height":0,"type":"EndBallots"}')(), { parent: null, height: 0, type: "EndBallots", payload: null });
  assert.throws(parse('{"height":0, "type":"EndBallots"}'), /canonical/);
  assert.throws(parse('{"type":"EndBallots","height":0}'), /canonical/);
  assert.throws(parse('{"height":0,"type":"EndBallots","x":1}'), /canonical/);
  assert.throws(parse('{"height":0.0,"type":"EndBallots"}'), /whole number/);
  assert.throws(parse('{"height":0,"type":"constructor"}'), /no event/);
  assert.throws(parse('{"height":0,"type":"Ballot"}'), /payload/);
  assert.throws(parse(`{"height":0,"type":"EndBallots","payload":"${"a".repeat(64)}"}`), /payload/);
  assert.throws(parse(`{"height":0,"type":"Ballot","payload":"${"A".repeat(64)}"}`), /digest/);
});

test("an event names the one before it, and heights count up", () => {
  const first = founding();
  const ballot = { data: "{}" };
  const good = steps(archive(...first, ballot, event(digest(first.at(-1)), 1, "Ballot", digest(ballot))));
  assert.deepEqual(good.flatMap((step) => step.chainErrors), []);
  const jumped = steps(archive(...first, ballot, event("a".repeat(64), 7, "Ballot", digest(ballot))));
  assert.deepEqual(jumped[1].chainErrors.map((error) => error.where), ["event[7].height", "event[7].parent"]);
});

test("an event has exactly the records it names, in order", () => {
  const first = founding();
  const parent = digest(first.at(-1));
  const ballot = { data: "{}" };
  const other = { data: "[1]" };
  const cast = event(parent, 1, "Ballot", digest(ballot));
  const faults = (...parts) => steps(archive(...parts)).flatMap((step) => step.dataErrors.map((error) => error.message));
  assert.deepEqual(faults(...first, ballot, cast), []);
  assert.match(faults(...first, cast)[0], /missing/);
  assert.match(faults(...first, ballot, other, cast)[0], /not exactly those/);
  assert.match(faults(first[1], first[0], ...first.slice(2))[0], /not exactly those/);
  assert.match(faults(...first, other, event(parent, 1, "EndBallots", null))[0], /not exactly those/);
});

test("further records of a set-up come in the order of its text, whatever their keys look like", () => {
  const [election, trustees, credentials] = founding();
  const digests = Object.entries({ election, trustees, credentials }).map(([key, one]) => [key, digest(one)]);
  const [first, second] = [{ data: '"x"' }, { data: '"y"' }];
  const written = [...digests, ["b", digest(first)], ["1", digest(second)]];
  const setup = { data: `{${written.map(([key, value]) => `"${key}":"${value}"`).join()}}` };
  const faults = (...others) => steps(
    archive(election, trustees, credentials, ...others, setup, event(null, 0, "Setup", digest(setup))),
  ).flatMap((step) => step.dataErrors.map((error) => error.message));
  assert.deepEqual(faults(first, second), []);
  assert.match(faults(second, first)[0], /not exactly those/);
});

test("records that no event claims are refused", () => {
  const first = founding();
  refused(archive(...first, { data: "{}" }), Unclaimed, /no event/);
  refused(archive(...Array.from({ length: 20 }, (_, n) => ({ data: `[${n}]` }))), Rejected, /pile up/);
});

test("the events of an election have an order, and nothing follows the result", () => {
  const may = (...args) => assert.doesNotThrow(() => checkOrder(...args));
  const mayNot = (...args) => assert.throws(() => checkOrder(...args), Rejected);
  may(null, "Setup");
  mayNot(null, "Ballot");
  may("Setup", "EndBallots");
  mayNot("EndBallots", "Ballot");
  mayNot("Ballot", "EncryptedTally");
  mayNot("EncryptedTally", "Result");
  mayNot("EncryptedTally", "Shuffle");
  may("EncryptedTally", "Shuffle", true);
  mayNot("EncryptedTally", "PartialDecryption", true);
  mayNot("Result", "Result");
  mayNot("Ballot", "Setup");
});
