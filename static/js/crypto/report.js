// What a verification finds: an outcome a check, a verdict for the whole (docs/record.md, as crypto/verification/report.py).

import { ProtocolError } from "./errors.js";

/** Identifier -> what it says when it holds, in English. */
export const CHECKS = {
  "archive.entries": "every record has the content that its name promises",
  "archive.chain": "every event names the one before it",
  "archive.records": "every event has exactly the records it names",
  "archive.order": "the events come in the order of an election",
  "election.parameters": "the election's questions and parameters are sound",
  "trustees.proofs": "every trustee has proven to know the key",
  "trustees.distinct": "no two keys of trustees are the same",
  "election.key": "the election's key is made of all trustees' keys",
  "credentials.list": "the list of voters' credentials is sound",
  "ballots.form": "every ballot can be read, every element lies in the group",
  "ballots.election": "every ballot belongs to this election",
  "ballots.credentials": "every ballot has a credential of the list",
  "ballots.unique": "no ballot stands twice",
  "ballots.signatures": "every ballot is signed by its credential",
  "ballots.proofs": "every ballot proves that it holds an allowed choice",
  "ballots.audits": "no ballot was opened for an audit",
  "tally.sums": "the encrypted tally is the sum of the last ballots",
  "tally.counts": "the number of ballots and their weight are right",
  "decryptions.owners": "every decryption belongs to one trustee, once",
  "decryptions.proofs": "every decryption is proven",
  "decryptions.strong": "every decryption is proven strongly",
  "result.counts": "the published result is what was decrypted",
  "previous.kept": "nothing recorded earlier has vanished",
};

/** Failures kept with their place, a check; beyond it they are only counted. */
const MAX_FAILURES = 1000;

/** What one check found. `warnings` are facts that do not make it fail. */
class Outcome {
  constructor(id) {
    this.id = id;
    this.count = 0;
    this.failed = 0;
    this.failures = [];
    this.warnings = [];
  }

  get status() {
    if (this.failed) return "failed";
    return this.count ? "passed" : "skipped";
  }

  fail(error) {
    this.failed += 1;
    if (this.failures.length < MAX_FAILURES) this.failures.push(told(error));
  }

  warn(error) {
    if (this.warnings.length < MAX_FAILURES) this.warnings.push(told(error));
  }

  /** Counts `work` as checked; a `ProtocolError` in it is a failure at `place`. Answers whether it went well. */
  attempt(place, work) {
    this.count += 1;
    try {
      work();
      return true;
    } catch (error) {
      this.fail(expected(error).at(...place));
      return false;
    }
  }

  toJSON() {
    const { id, status, count, failures, warnings } = this;
    return {
      id,
      status,
      count,
      failures,
      ...(this.failed > failures.length ? { failures_not_listed: this.failed - failures.length } : {}),
      ...(warnings.length ? { warnings } : {}),
    };
  }
}

/** A failure as it is reported. */
function told(error) {
  return { place: error.where, reason: error.message };
}

/** The error again, when it is one that a record can cause; an error of this program goes on. */
export function expected(error) {
  if (!(error instanceof ProtocolError)) throw error;
  return error;
}

/** The whole finding about one record; its JSON is that of `sawtuna verify --json`. */
export class Report {
  constructor() {
    this.outcomes = Object.fromEntries(Object.keys(CHECKS).map((id) => [id, new Outcome(id)]));
    this.unreadable = null;
    this.unsupported = null;
    this.uuid = null;
    this.name = null;
    this.fingerprint = null;
    this.credentialsFingerprint = null;
    this.phase = null;
    /** Digest of the last event that was read. */
    this.head = null;
    this.voters = 0;
    this.recorded = 0;
    this.counted = 0;
    this.weight = 0n;
    /** @type {bigint[][] | null} */
    this.result = null;
    this.decryptionProofs = null;
    /** What was recomputed on the way, for a trustee who goes on from here. */
    this.evidence = null;
  }

  get failed() {
    return Object.values(this.outcomes).filter((outcome) => outcome.failed).map((outcome) => outcome.id);
  }

  /** A failed check rejects, whatever else could not be judged. */
  get verdict() {
    if (this.unreadable) return "unreadable";
    if (this.failed.length) return "rejected";
    if (this.unsupported) return "unsupported";
    return this.phase === "Result" ? "verified" : "in progress";
  }

  toJSON() {
    const { verdict, recorded, counted, weight, voters, unreadable, unsupported } = this;
    const number = (value) => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value));
    const reason = (unreadable ?? unsupported)?.message;
    return {
      verdict,
      checks: Object.values(this.outcomes).map((outcome) => outcome.toJSON()),
      result: this.result?.map((row) => row.map(number)) ?? null,
      ballots: { recorded, counted, replaced: recorded - counted, weight: number(weight), voters },
      decryption_proofs: this.decryptionProofs,
      uuid: this.uuid,
      name: this.name,
      phase: this.phase,
      fingerprint: this.fingerprint,
      credentials_fingerprint: this.credentialsFingerprint,
      ...(reason === undefined ? {} : { reason }),
    };
  }
}
