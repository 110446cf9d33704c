import assert from "node:assert/strict";
import { test } from "node:test";
import { BadFile, checkComplete, keeping, mailHouse, privateText, reachable, readPrivate, safeCell, same } from "../../../static/js/authority/sheet.js";
import { generate } from "../../../static/js/crypto/credentials.js";

const CODE = "aXfme-maUqnW-kfv5x-RxPjCg";
const VOTERS = [
  { id: "10", name: "زينب", contact: "z@example.org" },
  { id: "2", name: 'Omar "the tall", Hanna', contact: "+964770" },
];

const bad = (code) => (error) => error instanceof BadFile && error.code === code;

test("the private file is that of the command, in the order of the list", () => {
  assert.equal(privateText([["10", CODE], ["2", "b"], ["ب\"", "c"]]), `{\n "10": "${CODE}",\n "2": "b",\n "ب\\"": "c"\n}\n`);
});

test("the private file is read again", () => {
  const codes = [["10", generate()], ["2", generate()]];
  const read = readPrivate(privateText(codes));
  assert.ok(same(codes, read));
  checkComplete(VOTERS, read);
});

test("a file that is none is refused without repeating anything of it", () => {
  for (const text of [null, "", "secret", "[]", "null", "{}", '{"1":"short"}', `{"1":7}`, '{"format":"sawtuna trustee key 1"}']) {
    assert.throws(() => readPrivate(text), (error) => bad("no-codes")(error) && !error.message.includes("secret"));
  }
});

test("a file for another list of voters is refused, and says for whom a code is missing", () => {
  assert.throws(() => checkComplete(VOTERS, [["10", CODE]]), (error) => bad("other-list")(error) && error.voter === "2");
  assert.throws(() => checkComplete(VOTERS.slice(0, 1), [["10", CODE], ["2", generate()]]), bad("other-list"));
  assert.throws(() => checkComplete(VOTERS, [["10", CODE], ["2", CODE]]), bad("twice"));
});

test("the table for a mail house opens in any spreadsheet, and no cell is a formula", () => {
  const table = mailHouse(VOTERS, [["10", CODE], ["2", CODE]]);
  assert.equal(table, `\ufeffnumber,name,contact,code\r\n10,زينب,z@example.org,${CODE}\r\n2,"Omar ""the tall"", Hanna",'+964770,${CODE}\r\n`);
  for (const sign of ["=", "+", "-", "@", "\t", "\r"]) assert.equal(safeCell(`${sign}1`), `'${sign}1`);
  assert.equal(safeCell("a=1"), "a=1");
});

test("only who has a mail address is reached by mail", () => {
  assert.deepEqual(reachable(VOTERS).map(({ id }) => id), ["10"]);
  assert.deepEqual(reachable([{ contact: "" }, { contact: "@" }, { contact: "a b@c" }, { contact: "a@" }]), []);
});

test("codes that are good stay, and only who needs it gets a new one", () => {
  const one = generate();
  const two = generate();
  const before = [["2", one], ["9", two]];
  assert.deepEqual(keeping(VOTERS, before), { kept: [["2", one]], without: ["10"], gone: 1 });
  assert.deepEqual(keeping(VOTERS, [["10", two], ["2", one]], ["2"]), { kept: [["10", two]], without: ["2"], gone: 0 });
  assert.throws(() => keeping(VOTERS, before, ["11"]), (error) => bad("no-such-voter")(error) && error.voter === "11");
  assert.throws(() => keeping(VOTERS, [["10", one], ["2", one]]), bad("twice"));
});
