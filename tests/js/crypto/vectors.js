// The elections in tests/vectors, made by belenios-tool, read without any code of ours (tests/vectors/README.md).

import { existsSync, readFileSync, readdirSync } from "node:fs";

const ROOT = new URL("../../vectors/", import.meta.url);

/** Folders of complete elections. @returns {string[]} */
export function names() {
  return readdirSync(ROOT).filter((name) => existsSync(new URL(`${name}/votes.json`, ROOT))).sort();
}

/** Those of them without ranked questions or lists. */
export const HOMOMORPHIC = names().filter((name) => !/mixnet|lists/.test(name));

/** Folders of tampered copies, below `tampered/`. */
export const TAMPERED = readdirSync(new URL("tampered/", ROOT)).sort();

/** The bytes of a folder's archive. @param {string} name @returns {Uint8Array} */
export function archiveOf(name) {
  const folder = new URL(`${name}/`, ROOT);
  const bytes = readFileSync(new URL(readdirSync(folder).find((path) => path.endsWith(".bel")), folder));
  return new Uint8Array(bytes); // not a Buffer, whose slices share memory
}

/** A JSON file of a folder. @param {string} name @param {string} path */
export function fileOf(name, path) {
  return JSON.parse(readFileSync(new URL(`${name}/${path}`, ROOT), "utf8"));
}

/** The records of one archive by kind, as an ordinary tar reader would find them. */
export function load(name) {
  const archive = Buffer.from(archiveOf(name));
  const records = new Map();
  const events = [];
  for (let at = 0; at + 512 <= archive.length; ) {
    const header = archive.toString("latin1", at, at + 512);
    const entry = header.slice(0, 100).replace(/\0+$/, "");
    if (!entry) break;
    const size = Number.parseInt(header.slice(124, 135), 8);
    const body = archive.subarray(at + 512, at + 512 + size);
    records.set(entry.split(".")[0], body);
    if (entry.endsWith(".event.json")) events.push(JSON.parse(body.toString()));
    at += 512 + 512 * Math.ceil(size / 512);
  }
  const payloads = (type) => events.filter((event) => event.type === type).map((event) => records.get(event.payload));
  const setup = JSON.parse(payloads("Setup")[0].toString());
  return {
    election: records.get(setup.election),
    credentials: JSON.parse(records.get(setup.credentials).toString()),
    ballots: payloads("Ballot"),
    file: (path) => fileOf(name, path),
  };
}
