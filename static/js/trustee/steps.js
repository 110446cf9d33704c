// What a trustee sees next, from what the portal says and what this window holds. Pure.

/** The steps of a key that one trustee after the other publishes; where all are needed there are two. */
const ALL = ["certificates", "commitments", "shares", "keys"];
const ALONE = ["commitments", "keys"];

/** @typedef {import("../crypto/trustee.js").KeyFile} KeyFile */

/** @param {{size: number, threshold: number}} state */
export function path({ size, threshold }) {
  return size === threshold ? ALONE : ALL;
}

/** Numbers of the trustees who have not published `kind`. */
export function missing(state, kind) {
  const there = state.published[kind] ?? {};
  return Array.from({ length: state.size }, (_, at) => at + 1).filter((index) => !(index in there));
}

/** The step that is not complete yet, and for whom it waits; null when every trustee has finished the key. */
export function round(state) {
  for (const [at, kind] of path(state).entries()) {
    const waiting = missing(state, kind);
    if (waiting.length) return { kind, step: at + 1, steps: path(state).length, waiting };
  }
  return null;
}

/** Whether this trustee has begun: then a key exists, and another must not be made. */
export function hasBegun(state) {
  return path(state).some((kind) => state.index in (state.published[kind] ?? {}));
}

/**
 * The screen of a trustee.
 * @param {object} state answer of GET ceremony
 * @param {{key: boolean, made: boolean}} here whether this window holds the key, and whether it is one that was made
 *   here and is not known to be saved yet
 * @returns {"cancelled" | "begin" | "save" | "waiting" | "turn" | "test" | "ready" | "decrypt" | "done" | "unneeded"}
 */
export function screenOf(state, here) {
  if (state.election_state === "cancelled") return "cancelled";
  switch (state.state) {
    case "keys": {
      if (!hasBegun(state)) return here.made ? "save" : "begin";
      return !here.key && round(state)?.waiting.includes(state.index) ? "turn" : "waiting";
    }
    case "test":
      return "test";
    case "decrypting":
      return "decrypt";
    case "done":
      return state.decrypted.includes(state.index) ? "done" : "unneeded";
    default:
      return "ready";
  }
}

/**
 * The key file with what its trustee has published since it was saved: so the file of the first step is enough for the
 * whole election. Only what is not the same each time it is made has to come from the portal; and what comes from there
 * is not trusted: shares and keys are signed by this trustee and checked against the polynomial of the seed (`advance`).
 * @param {KeyFile} key
 * @param {object} state
 * @returns {KeyFile}
 */
export function restored(key, state) {
  const published = { ...key.published };
  for (const kind of ["shares", "keys"]) {
    const there = state.published[kind]?.[state.index];
    if (there !== undefined) published[kind] = there;
  }
  return { ...key, published };
}

/** What of a key file tells only what was seen of others: hashes, which the browser may remember. */
export function pinsOf(key) {
  return Object.fromEntries(["certificates", "commitments"].filter((pin) => key[pin] !== undefined).map((pin) => [pin, key[pin]]));
}

/** Under which name a browser remembers them: that of this very key, so that a ceremony begun anew has others. */
export function pinsName(key) {
  const [first] = path(key);
  return `sawtuna-pins-${key.uuid}-${key.index}-${JSON.stringify(key.published[first] ?? "").slice(-40)}`;
}

/** What stands on the portal in this trustee's name, by kind. */
export function ownOf(state) {
  const found = Object.entries(state.published).filter(([, parts]) => state.index in parts);
  return Object.fromEntries(found.map(([kind, parts]) => [kind, parts[state.index]]));
}

/** Whether two key files hold the same secret. */
export function sameSecret(one, other) {
  return one.seed === other.seed && one.private_key === other.private_key;
}

/**
 * Why a key file is not the one that is asked for: it belongs to another election, or to another trustee's place.
 * @returns {"" | "other-election" | "other-trustee"}
 */
export function stranger(key, state) {
  if (key.uuid !== state.uuid || key.group !== state.group) return "other-election";
  return ["index", "size", "threshold"].some((name) => key[name] !== state[name]) ? "other-trustee" : "";
}

/** How many of the others' keys may be missing now before there is no result. */
export function spare(state) {
  return state.size - state.lost.length - state.threshold;
}

/** Ballots in a sum that would tell how single voters voted. */
export const FEW = 3;

/** The name of the file to save. */
export function fileName(state) {
  return `sawtuna-key-${state.uuid}-${state.index}.json`;
}

/**
 * Whether a text is somebody's part of the count, made by `sawtuna trustee decrypt`.
 * @param {string | null} text
 * @returns {object | null}
 */
export function decryptionIn(text) {
  try {
    const value = JSON.parse(text ?? "");
    return value?.format === "sawtuna decryption 1" ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
