// The booth's worker: holds the sealed ballot, so that the page never has a secret but the choices themselves.
//
// Messages {id, do, ...} are answered as crypto/serving.js says; the progress of a sealing has the stage "seal":
//
//   load        {election: bytes or text}  what the page shows of it
//   seal        {marks}                    {sealCode, choices}; the seal before it is dropped
//   credential  {typed}                    {credential, publicCredential}, to look it up before it is used
//   audit       {sealCode}                 the audit file; the seal is spent
//   cast        {sealCode, credential}     {ballot, tracker}; the seal is spent
//   verify      {file}                     {sealCode, marks} of an audit file
//   receipt     {receipt, key}             whether the portal's key has signed it
//   cancel      {}                         gives up a sealing that is on its way, drops what is sealed

import { audit, cast, drop, seal, verifyAudit } from "../crypto/ballot.js";
import { normalise, publicKey } from "../crypto/credentials.js";
import { parseElection } from "../crypto/election.js";
import { Rejected } from "../crypto/errors.js";
import { isSigned } from "../crypto/receipt.js";
import { bytesOf, serveIn, serving } from "../crypto/serving.js";

/**
 * The worker's whole behaviour, without the worker: answers with what handles a message.
 * @param {(message: object) => void} post
 * @returns {(message: {id: any, do: string}) => Promise<void>}
 */
export function booth(post) {
  let election = null;
  let sealed = null;
  let working = null;

  const loaded = () => {
    if (!election) throw new Rejected("no election was loaded", { code: "unloaded" });
    return election;
  };
  /** The ballot that the page means: it may have sealed another meanwhile. */
  const held = (sealCode) => {
    if (!sealed || sealed.sealCode !== sealCode) throw new Rejected("this ballot is not held any more", { code: "unsealed" });
    return sealed;
  };
  const forget = () => {
    working?.abort();
    working = null;
    if (sealed) drop(sealed);
    sealed = null;
  };

  const deeds = {
    load({ election: data }) {
      forget();
      election = null;
      election = parseElection(bytesOf(data) ?? "");
      const { uuid, name, description, group, questions, fingerprint } = election;
      return { uuid, name, description, group: group.name, questions, fingerprint };
    },
    async seal({ marks }, tell) {
      const current = loaded();
      forget();
      const mine = new AbortController();
      working = mine;
      const made = await seal(current, marks, (done, total) => tell.progress("seal", done, total), mine.signal);
      if (mine.signal.aborted) drop(made);
      mine.signal.throwIfAborted();
      sealed = made;
      working = null;
      return { sealCode: made.sealCode, choices: made.choices };
    },
    credential({ typed }) {
      const { group, uuid } = loaded();
      const credential = normalise(typed);
      return { credential, publicCredential: String(publicKey(group, uuid, credential)) };
    },
    audit({ sealCode }) {
      const file = audit(held(sealCode));
      sealed = null;
      return file;
    },
    cast({ credential, sealCode }) {
      const made = cast(loaded(), held(sealCode), normalise(credential));
      sealed = null;
      return made;
    },
    verify({ file }) {
      return verifyAudit(loaded(), file);
    },
    receipt({ receipt, key }) {
      return isSigned(receipt, key);
    },
    cancel() {
      forget();
      return null;
    },
  };

  return serving(post, deeds);
}

serveIn(globalThis, booth);
