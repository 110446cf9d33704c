// The private file and the table for a mail house. Pure. What is in them lets whoever has it vote.

const CODE = /^[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}$/;
const FORMULA = /^[=+\-@\t\r]/;

/** What is wrong with a private file; `code` for the page's words. It never repeats what is in the file. */
export class BadFile extends Error {
  constructor(code, voter = "") {
    super(code);
    Object.assign(this, { code, voter });
  }
}

/**
 * The private file as `sawtuna credentials make` writes it: the voters' ids with their codes, one a line, in order.
 * @param {[id: string, code: string][]} codes
 */
export function privateText(codes) {
  // Not by way of an object: it would put ids like "10" and "2" into another order.
  return `{\n${codes.map(([id, code]) => ` ${JSON.stringify(id)}: ${JSON.stringify(code)}`).join(",\n")}\n}\n`;
}

/**
 * @param {string | null} text
 * @returns {[id: string, code: string][]}
 * @throws {BadFile}
 */
export function readPrivate(text) {
  let value;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    throw new BadFile("no-codes");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new BadFile("no-codes");
  const codes = Object.entries(value);
  if (!codes.length || codes.some(([, code]) => typeof code !== "string" || !CODE.test(code))) throw new BadFile("no-codes");
  return codes;
}

/**
 * Nothing, when there is one code for each voter and no other.
 * @param {{id: string}[]} voters
 * @param {[string, string][]} codes
 * @throws {BadFile}
 */
export function checkComplete(voters, codes) {
  const known = new Map(codes);
  const without = voters.find(({ id }) => !known.has(id));
  if (without) throw new BadFile("other-list", without.id);
  if (known.size !== voters.length) throw new BadFile("other-list");
  if (new Set(known.values()).size !== known.size) throw new BadFile("twice");
}

/**
 * A file of codes that were made before, set against a list that may have changed since: the codes that stay, the voters
 * who have none, and how many codes belong to nobody any more.
 * @param {{id: string}[]} voters
 * @param {[string, string][]} codes
 * @param {Iterable<string>} [anew] ids of voters whose code is to be replaced
 * @returns {{kept: [string, string][], without: string[], gone: number}}
 * @throws {BadFile} when two voters have one code, or an id in `anew` is nobody's
 */
export function keeping(voters, codes, anew = []) {
  const known = new Map(codes);
  const replaced = new Set(anew);
  const listed = new Set(voters.map(({ id }) => id));
  for (const id of replaced) if (!listed.has(id)) throw new BadFile("no-such-voter", id);
  if (new Set(known.values()).size !== known.size) throw new BadFile("twice");
  const kept = voters.filter(({ id }) => known.has(id) && !replaced.has(id)).map(({ id }) => [id, known.get(id)]);
  const without = voters.filter(({ id }) => !known.has(id) || replaced.has(id)).map(({ id }) => id);
  return { kept, without, gone: [...known.keys()].filter((id) => !listed.has(id)).length };
}

/** Whether both give the same codes to the same voters. */
export function same(one, other) {
  const known = new Map(one);
  return one.length === other.length && other.every(([id, code]) => known.get(id) === code);
}

/** A cell that no spreadsheet takes for a formula. @param {string} text */
export function safeCell(text) {
  return FORMULA.test(text) ? `'${text}` : text;
}

function cell(text) {
  const safe = safeCell(text);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The table for a mail house. The mark in front tells spreadsheets that it is UTF-8.
 * @param {{id: string, name: string, contact: string}[]} voters
 * @param {[string, string][]} codes
 */
export function mailHouse(voters, codes) {
  const known = new Map(codes);
  const rows = [["number", "name", "contact", "code"]];
  for (const { id, name, contact } of voters) rows.push([id, name, contact, known.get(id)]);
  return `\ufeff${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;
}

/** Voters whom a mail can reach. @param {{contact: string}[]} voters */
export function reachable(voters) {
  return voters.filter(({ contact }) => /^\S+@[^\s@]+$/.test(contact));
}
