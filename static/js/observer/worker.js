// The observer's worker: verifies a whole record, every ballot of it. Messages as in crypto/serving.js:
//
//   verify  {bel, proofs, seals, previous, requireStrong}  the report, as `sawtuna verify --json` writes it; meanwhile
//           {progress: {stage, done, total}} with the stages "reading" and "credentials" (bytes) and "ballots", and
//           {check: {id, status, count, failures, ...}} for each check as it ends. `previous` is an older copy of the
//           archive; `proofs`, `seals`, `previous` and `requireStrong` may be left out.
//   cancel  {}                                       null: the verification that is on its way fails with "AbortError"

import { verifyRecord } from "../crypto/record.js";
import { bytesOf, serveIn, serving } from "../crypto/serving.js";

/** The worker's whole behaviour, without the worker. @param {(message: object) => void} post */
export function observer(post) {
  let working = null;
  return serving(post, {
    async verify({ bel, proofs, seals, previous, requireStrong = false }, tell) {
      working?.abort();
      working = new AbortController();
      const report = await verifyRecord(bytesOf(bel), bytesOf(proofs), {
        seals: bytesOf(seals),
        previous: bytesOf(previous),
        requireStrong,
        signal: working.signal,
        onProgress: tell.progress,
        onCheck: tell.check,
      });
      return report.toJSON();
    },
    cancel() {
      working?.abort();
      return null;
    },
  });
}

serveIn(globalThis, observer);
