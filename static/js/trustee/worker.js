// The trustee's worker. It downloads nothing: the page brings the bytes and keeps the key file. Messages as in
// crypto/serving.js:
//
//   read     {file: text}                          {keyFile, complete}: the key file, checked
//   advance  {state, keyFile or null, name}        what `advance` answers, and `text`, the key file as it is saved
//   prove    {keyFile}                             null: the key file has decrypted a test of its own
//   answer   {keyFile, test: {alpha, beta}}        {answer}, for POST key-proof
//   election {election: bytes}                     {fingerprint, publicKey} of a frozen election's record
//   decrypt  {keyFile, bel, proofs, tally}         {body, opened, ballots, fingerprint, publicKey, head}: verifies the
//            record, adds the ballots up again, decrypts the sum and nothing else; `body` is for POST decryptions.
//            `tally` is the sum as somebody else has it (bytes or text), refused when it is another one; null when nobody
//            has said anything.
//
// `keyFile` is the object in the file, or its text. It never leaves the worker but as an answer to the page.

import { parseElection } from "../crypto/election.js";
import { bytesOf, serveIn, serving } from "../crypto/serving.js";
import { advance, answerTest, decryptRecord, isComplete, keyText, proveUsable, readKey } from "../crypto/trustee.js";

const deeds = {
  read({ file }) {
    const keyFile = readKey(file);
    return { keyFile, complete: isComplete(keyFile) };
  },
  async advance({ state, keyFile, name }) {
    const next = await advance(state, keyFile, name);
    return { ...next, text: keyText(next.keyFile) };
  },
  async prove({ keyFile }) {
    await proveUsable(readKey(keyFile));
    return null;
  },
  async answer({ keyFile, test }) {
    return { answer: await answerTest(readKey(keyFile), test) };
  },
  election({ election }) {
    const { fingerprint, publicKey } = parseElection(bytesOf(election) ?? "");
    return { fingerprint, publicKey: String(publicKey) };
  },
  decrypt({ keyFile, bel, proofs, tally }, tell) {
    return decryptRecord(readKey(keyFile), bytesOf(bel), bytesOf(proofs), {
      tally: bytesOf(tally),
      onProgress: tell.progress,
      onCheck: tell.check,
    });
  },
};

/** The worker's whole behaviour, without the worker. @param {(message: object) => void} post */
export function trustee(post) {
  return serving(post, deeds);
}

serveIn(globalThis, trustee);
