// The credential authority's worker: it makes the codes and computes their public halves. Messages as in
// crypto/serving.js:
//
//   make    {group, uuid, voters: [[id, weight]...], weighted}         {codes: [[id, code]...], list, fingerprint}
//   derive  {group, uuid, voters, weighted, codes: [[id, code]...]}    {list, fingerprint}: the same from codes made before
//   renew   {group, uuid, voters, weighted, codes: [[id, code]...]}    what `make` answers: these codes stay, and whoever
//           has none gets a new one
//
// `list` is what is handed in: the public halves, sorted, so that it does not tell who is who.

import { generate, publicKey, publicList } from "../crypto/credentials.js";
import { canonical, sha256B64 } from "../crypto/encoding.js";
import { named } from "../crypto/groups.js";
import { serveIn, serving } from "../crypto/serving.js";

function publicHalves({ group, uuid, voters, weighted }, codes, progress) {
  const field = named(group);
  const known = new Map(codes);
  const keys = voters.map(([id, weight], at) => {
    progress("codes", at + 1, voters.length);
    return { point: publicKey(field, uuid, known.get(id)), weight: weighted ? BigInt(weight) : null };
  });
  const list = publicList(field, keys);
  return { list, fingerprint: sha256B64(canonical(list)) };
}

const deeds = {
  make(message, tell) {
    const codes = message.voters.map(([id]) => [id, generate()]);
    return { codes, ...publicHalves(message, codes, tell.progress) };
  },
  renew(message, tell) {
    const known = new Map(message.codes);
    const codes = message.voters.map(([id]) => [id, known.get(id) ?? generate()]);
    return { codes, ...publicHalves(message, codes, tell.progress) };
  },
  derive(message, tell) {
    return publicHalves(message, message.codes, tell.progress);
  },
};

/** The worker's whole behaviour, without the worker. @param {(message: object) => void} post */
export function authority(post) {
  return serving(post, deeds);
}

serveIn(globalThis, authority);
