// Verification of a whole record: one walk over the chain, then every ballot, the tally, the decryptions, the result
// (docs/record.md section 5, as crypto/verification). Each check has an identifier that does not change; all failures
// are told with their place, whatever the bytes are.

import { Archive, MAX_RECORD, checkOrder, replay, sameBytes } from "./archive.js";
import { parseRecorded, verifyAnswers, verifyElection, verifySignature } from "./ballot.js";
import { listed } from "./credential-list.js";
import { parsePublicCredential } from "./credentials.js";
import { parseProofsFile } from "./decryptions.js";
import { array, members, parseJson, sha256B64, text, utf8 } from "./encoding.js";
import { Malformed, Rejected, Unsupported, within } from "./errors.js";
import { parseAnyElection, parseForeign, readEnvelope, unsupportedQuestions } from "./foreign.js";
import { CHECKS, Report, expected } from "./report.js";
import * as tally from "./tally.js";
import { MAX_TRUSTEES, Single, Trustees } from "./trustees.js";

/** Checks that are decided by the walk over the chain, by the ballots, by the count. */
const AFTER_WALK = [
  "archive.entries", "archive.chain", "archive.records", "archive.order", "election.parameters", "trustees.proofs",
  "trustees.distinct", "election.key", "credentials.list", "ballots.unique", "ballots.credentials",
];
const AFTER_BALLOTS = ["ballots.form", "ballots.election", "ballots.signatures", "ballots.proofs", "ballots.audits"];

const SEALS_FORMAT = "sawtuna audited seals 1";
const SEAL_CODE = /^[A-Za-z0-9+/]{43}$/;

/** How long the work goes on before messages are looked at, milliseconds. */
const BREATH = 40;

/**
 * Verifies the record.
 * @param {Uint8Array} bel the archive
 * @param {Uint8Array | string | object | null} proofsJson `decryption-proofs.json`; null when there is none
 * @param {object} [options]
 * @param {(stage: "reading" | "credentials" | "ballots", done: number, total: number) => void} [options.onProgress]
 * @param {(check: object) => void} [options.onCheck] called with the JSON of each check as it ends
 * @param {Uint8Array | null} [options.previous] an older copy, all of which must still be there
 * @param {Uint8Array | string | null} [options.seals] `audited-seals.json`; left out when there is none
 * @param {boolean} [options.requireStrong] make missing strong proofs a failure, for elections that promise them
 * @param {AbortSignal} [options.signal] gives the work up; the promise is rejected with its reason
 * @returns {Promise<Report>} whatever the bytes are
 */
export async function verifyRecord(bel, proofsJson = null, options = {}) {
  const report = new Report();
  const onCheck = options.onCheck ?? (() => {});
  const told = new Set();
  const end = (ids) => {
    for (const id of ids) if (!told.has(id)) onCheck(report.outcomes[id].toJSON());
    ids.forEach((id) => told.add(id));
  };
  try {
    const archive = new Archive(bel);
    await new Verification(archive, report, proofsJson, options, end).run();
    if (options.requireStrong && report.decryptionProofs === "weak") {
      report.outcomes["decryptions.strong"].attempt(["decryption-proofs"], () => {
        throw new Rejected("the strong proofs are missing");
      });
    }
    if (options.previous) previousKept(report, options.previous, bel);
  } catch (error) {
    if (error instanceof Unsupported) report.unsupported = error;
    else if (error instanceof Rejected) report.outcomes["archive.entries"].attempt([], () => {
      throw error;
    });
    else report.unreadable = expected(error);
  }
  if (report.verdict !== "verified") report.result = null; // a number that is not verified is no result
  end(Object.keys(CHECKS));
  return report;
}

/** An archive only grows: the older copy must be the beginning of this one, to the byte. */
function previousKept(report, older, newer) {
  try {
    new Archive(older);
  } catch (error) {
    report.unsupported = expected(error).at("previous");
    return;
  }
  report.outcomes["previous.kept"].attempt(["previous"], () => {
    const position = older.findIndex((byte, index) => byte !== newer[index]);
    if (position < 0) return;
    if (newer.length <= position) {
      throw new Rejected(`this record ends at byte ${position}, the earlier one went on to byte ${older.length}`);
    }
    throw new Rejected(`the records differ from byte ${position} on`);
  });
}

/** The state of one verification; `run` is its story. */
class Verification {
  constructor(archive, report, proofsJson, { onProgress = () => {}, seals = null, signal }, end) {
    Object.assign(this, { archive, report, proofsJson, seals, onProgress, signal, end });
    this.election = null;
    this.trustees = null;
    /** Text of a credential -> its weight, and the height of its last ballot. */
    this.credentials = new Map();
    /** Height -> ballot. */
    this.ballots = new Map();
    this.digests = new Set();
    this.tally = null;
    this.decrypted = [];
    this.result = null;
    this.rested = now();
  }

  async run() {
    await this.walk();
    this.end(AFTER_WALK);
    if (!this.election) return;
    const total = await this.examine();
    this.end(AFTER_BALLOTS);
    const valid = total && this.trustees ? await this.count(total) : new Map();
    this.report.evidence = { election: this.election, trustees: this.trustees, total, decryptions: valid };
  }

  /** Lets other events through, when it is time. */
  async breathe() {
    this.signal?.throwIfAborted();
    if (now() - this.rested < BREATH) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
    this.rested = now();
  }

  // The walk over the chain

  async walk() {
    const { outcomes } = this.report;
    const entries = outcomes["archive.entries"];
    try {
      for (const step of replay(this.archive)) {
        for (const entry of [...step.data, step.entry]) {
          entries.count += 1;
          if (entry.error) entries.fail(entry.error);
        }
        this.link(step);
        await this.read(step);
        this.report.head = step.entry.digest;
        this.onProgress("reading", step.end, this.archive.length);
        await this.breathe();
      }
    } catch (error) {
      if (error instanceof Unsupported) throw error;
      entries.count += 1;
      entries.fail(expected(error));
    }
    this.report.phase = this.lastType ?? null;
    if (this.report.phase === null) {
      outcomes["archive.order"].attempt([], () => {
        throw new Rejected("the archive holds no election");
      });
    }
  }

  link(step) {
    const { outcomes } = this.report;
    outcomes["archive.chain"].count += 1;
    step.chainErrors.forEach((error) => outcomes["archive.chain"].fail(error));
    outcomes["archive.records"].count += 1;
    step.dataErrors.forEach((error) => outcomes["archive.records"].fail(error));
    const before = this.lastType ?? null;
    this.lastType = step.event.type;
    const shuffled = this.election?.kinds?.includes("NonHomomorphic") ?? false;
    outcomes["archive.order"].attempt([step.where], () => checkOrder(before, step.event.type, shuffled));
  }

  /** Takes from a step what later checks need. What could not be claimed has failed already and is passed over. */
  async read(step) {
    const { type } = step.event;
    if (type === "Ballot") this.readBallot(step);
    else if (step.dataErrors.length) return;
    else if (type === "Setup" && !this.election) await this.readSetup(step);
    else if (type === "EncryptedTally" && !this.tally) this.readTally(step);
    else if (type === "PartialDecryption") this.readDecryption(step);
    else if (type === "Result") this.result ??= step.data[0].read();
  }

  async readSetup(step) {
    const { outcomes } = this.report;
    const [parameters, listed, credentials] = step.data;
    const read = outcomes["election.parameters"].attempt(["election"], () => {
      try {
        this.election = parseAnyElection(parameters.read());
      } catch (error) {
        // The check has begun and cannot be ended; what is unsupported is no failure.
        if (error instanceof Unsupported) this.refused = error;
        else throw error;
      }
    });
    if (this.refused) throw this.refused;
    if (!read) return;
    const { report, election } = this;
    Object.assign(report, { uuid: election.uuid, name: election.name, fingerprint: election.fingerprint });
    report.unsupported = unsupportedQuestions(election);
    this.readTrustees(listed);
    report.credentialsFingerprint = sha256B64(credentials.body);
    await this.readCredentials(credentials.body);
  }

  readTrustees(entry) {
    const { election, report: { outcomes } } = this;
    const proofs = outcomes["trustees.proofs"];
    let trustees;
    try {
      trustees = Trustees.parse(election.group, entry.read());
    } catch (error) {
      proofs.count += 1;
      proofs.fail(expected(error).at("trustees"));
      return;
    }
    this.trustees = trustees;
    trustees.list.forEach((member, index) => proofs.attempt(["trustees", index], () => member.verify()));
    outcomes["trustees.distinct"].attempt(["trustees"], () => trustees.verifyDistinct());
    outcomes["election.key"].attempt(["election", "public_key"], () => {
      if (!trustees.combinedKey().equals(election.publicKey)) {
        throw new Rejected("the election's key is not the product of the trustees' keys");
      }
    });
    trustees.list.forEach((member, index) => {
      if (member instanceof Single || member.threshold < member.owners.length) return;
      const reason = "every trustee of this group is needed: one lost key and nothing can be counted";
      proofs.warn(new Rejected(reason).at(`trustees[${index}]`));
    });
  }

  /** Every entry is an element other than the identity, none stands twice, all have weights or none has. */
  async readCredentials(body) {
    const { election: { group }, report } = this;
    const outcome = report.outcomes["credentials.list"];
    let weighted;
    let previous = null;
    let sorted = true;
    let index = -1;
    try {
      for (const { value, end } of listed(body)) {
        index += 1;
        outcome.attempt(["credentials", index], () => {
          const entry = parsePublicCredential(group, value);
          weighted ??= entry.weighted;
          if (weighted !== entry.weighted) throw new Rejected("either every credential has a weight or none has");
          const key = String(entry.point);
          if (this.credentials.has(key)) throw new Rejected("this credential stands twice");
          this.credentials.set(key, { weight: entry.weight, last: null });
          sorted &&= previous === null || group.compare(previous, entry.point) < 0;
          previous = entry.point;
        });
        this.onProgress("credentials", end, body.length);
        await this.breathe();
      }
    } catch (error) {
      outcome.count += 1;
      outcome.fail(expected(error).at("credentials", index + 1));
    }
    const warn = (reason) => outcome.warn(new Rejected(reason).at("credentials"));
    if (!sorted) warn("the list is not sorted; its order may tell who is who");
    if (index < 0 && !outcome.failed) {
      outcome.count += 1;
      warn("the list is empty: nobody can vote");
    }
    report.voters = index + 1;
  }

  /** Enters a ballot into the lists, without arithmetic. */
  readBallot(step) {
    if (step.data.length !== 1 || step.data[0].digest !== step.event.payload) return;
    const [entry] = step.data;
    const { height } = step.event;
    const { report, report: { outcomes } } = this;
    report.recorded += 1;
    outcomes["ballots.unique"].attempt([step.where], () => {
      if (this.digests.has(entry.digest) || this.ballots.has(height)) {
        throw new Rejected("this ballot stands in the record before");
      }
      this.digests.add(entry.digest);
      this.ballots.set(height, { height, entry, voter: null });
    });
    let credential;
    try {
      credential = readEnvelope(entry.read()).fields.credential;
    } catch (error) {
      expected(error); // `ballots.form` reads it again and says what is wrong
      return;
    }
    outcomes["ballots.credentials"].attempt([step.where, "credential"], () => {
      const voter = this.credentials.get(credential);
      if (!voter) throw new Rejected("the credential is not on the list");
      voter.last = height;
      const ballot = this.ballots.get(height);
      if (ballot) ballot.voter = voter;
    });
  }

  readTally(step) {
    const [encrypted, sized] = step.data;
    const outcome = this.report.outcomes["tally.counts"];
    this.tally = { encrypted: encrypted.read(), sized: null };
    try {
      this.tally.sized = tally.parseSized(sized.read());
    } catch (error) {
      outcome.count += 1;
      outcome.fail(expected(error).at("encrypted_tally"));
    }
  }

  readDecryption(step) {
    const [decryption, owned] = step.data;
    try {
      const { owner } = tally.parseOwned(owned.read());
      const again = this.decrypted.some((item) => item.owner === owner); // only the first is kept and checked
      const item = { height: step.event.height, owner, entry: again ? null : decryption };
      if (this.decrypted.length <= MAX_TRUSTEES) this.decrypted.push(item);
    } catch (error) {
      this.report.outcomes["decryptions.owners"].fail(expected(error).at(step.where));
    }
  }

  // The arithmetic

  /** Checks every ballot; the sum of the last ones, when this version can add them. */
  async examine() {
    const { election, report } = this;
    for (const { weight, last } of this.credentials.values()) {
      if (last === null) continue;
      report.counted += 1;
      report.weight += weight;
    }
    let total = election.kinds ? null : tally.empty(election);
    const audited = this.audited();
    let done = 0;
    for (const ballot of this.ballots.values()) {
      const parsed = this.examineBallot(ballot, audited);
      const { voter, height } = ballot;
      if (parsed && total && voter?.last === height) {
        total = tally.add(total, parsed.answers.map((answer) => answer.choices), voter.weight);
      }
      done += 1;
      this.onProgress("ballots", done, report.recorded);
      await this.breathe();
    }
    return total;
  }

  /** The seals that were opened for an audit; null when there is no list of them that can be read. */
  audited() {
    if (this.seals === null) return null;
    const outcome = this.report.outcomes["ballots.audits"];
    try {
      return parseSeals(sourceOf(this.seals));
    } catch (error) {
      outcome.count += 1;
      outcome.fail(expected(error).at("audited-seals"));
      return null;
    }
  }

  /** The ballot parsed; null when it cannot be. */
  examineBallot({ height, entry }, audited) {
    const { election, report: { outcomes } } = this;
    const check = (id, work) => {
      const outcome = outcomes[id];
      const before = outcome.failed;
      outcome.attempt([`event[${height}]`], work);
      if (outcome.failed === before || outcome.failures.length !== outcome.failed) return;
      outcome.failures.at(-1).place += ` #${sha256B64(entry.body)}`;
    };
    let parsed = null;
    check("ballots.form", () => {
      const data = entry.read();
      parsed = election.kinds ? parseForeign(election, data) : parseRecorded(election, data);
    });
    if (!parsed) return null;
    check("ballots.election", () => verifyElection(election, parsed));
    check("ballots.signatures", () => verifySignature(election, parsed));
    check("ballots.proofs", () => verifyAnswers(election, parsed));
    if (!audited || election.kinds) return parsed;
    check("ballots.audits", () => {
      if (audited.has(parsed.sealCode)) throw new Rejected("this ballot was opened for an audit and can never be cast");
    });
    return parsed;
  }

  /** Everything after the close; the valid decryptions by owner. */
  async count(total) {
    const { report, report: { outcomes }, trustees } = this;
    if (this.tally) this.checkTally(total);
    this.end(["tally.sums", "tally.counts"]);
    const seen = new Set();
    for (const { height, owner } of this.decrypted) {
      outcomes["decryptions.owners"].attempt([`event[${height}]`, "owner"], () => {
        if (!trustees.keys.has(owner)) throw new Rejected(`there is no trustee ${owner}`);
        if (seen.has(owner)) throw new Rejected(`trustee ${owner} has decrypted before`);
        seen.add(owner);
      });
    }
    this.end(["decryptions.owners"]);
    const valid = await this.checkDecryptions(total);
    this.end(["decryptions.proofs"]);
    if (valid.size) this.checkStrong(total, valid);
    this.end(["decryptions.strong"]);
    if (this.result) {
      outcomes["result.counts"].attempt([], () => {
        const result = tally.parseResult(this.election, this.result);
        tally.checkResult(tally.messages(total, tally.combine(trustees, valid)), result, report.weight);
        report.result = result;
      });
    }
    return valid;
  }

  checkTally(total) {
    const { report, report: { outcomes }, tally: { encrypted, sized } } = this;
    outcomes["tally.sums"].attempt(["encrypted_tally"], () => {
      if (!sameBytes(utf8(tally.tallyJson(total)), encrypted)) {
        throw new Rejected("the encrypted tally is not the sum of the ballots");
      }
    });
    if (!sized) return;
    for (const [name, found, right] of [
      ["num_tallied", sized.counted, BigInt(report.counted)],
      ["total_weight", sized.weight, report.weight],
    ]) {
      outcomes["tally.counts"].attempt([name], () => {
        if (found !== right) throw new Rejected(`${found} is recorded, ${right} is right`);
      });
    }
  }

  /**
   * Every version-1 proof. As in release 3.3, an invalid decryption by a member of a threshold group is no failure as
   * long as enough valid ones are there (`result.counts` says when not); it is told as a warning.
   */
  async checkDecryptions(total) {
    const { election, trustees } = this;
    const outcome = this.report.outcomes["decryptions.proofs"];
    const needed = new Set(trustees.list.filter((member) => member instanceof Single).map((member) => member.owner));
    const valid = new Map();
    for (const { height, owner, entry } of this.decrypted) {
      const key = trustees.keys.get(owner);
      if (!key || !entry) continue;
      outcome.count += 1;
      try {
        const decryption = tally.PartialDecryption.parse(election, entry.read());
        decryption.verify(election, total, key);
        valid.set(owner, decryption);
        this.payloads.set(owner, entry.digest);
      } catch (error) {
        expected(error).at(`event[${height}]`);
        if (needed.has(owner)) outcome.fail(error);
        else outcome.warn(error);
      }
      await this.breathe();
    }
    return valid;
  }

  payloads = new Map();

  /** The proofs beside the archive. Without them the report says "weak"; a wrong one is a failure. */
  checkStrong(total, valid) {
    const { election, trustees, report, payloads } = this;
    const outcome = report.outcomes["decryptions.strong"];
    report.decryptionProofs = "weak";
    if (this.proofsJson === null) return;
    let found;
    try {
      found = parseProofsFile(election, sourceOf(this.proofsJson));
    } catch (error) {
      outcome.count += 1;
      outcome.fail(expected(error).at("decryption-proofs"));
      return;
    }
    const warn = (owner, reason) => outcome.warn(new Rejected(`trustee ${owner}: ${reason}`).at("decryption-proofs"));
    for (const [owner, entry] of found) {
      if (payloads.get(owner) !== entry.payload) {
        warn(owner, "no such decryption");
        continue;
      }
      outcome.attempt([`decryption-proofs[${owner}]`], () =>
        entry.verify(election, total, trustees.keys.get(owner), valid.get(owner)));
    }
    const absent = [...valid.keys()].filter((owner) => found.get(owner)?.payload !== payloads.get(owner));
    absent.forEach((owner) => warn(owner, "no strong proof"));
    if (!absent.length && !outcome.failed) report.decryptionProofs = "strong";
  }
}

/** The seal codes of `audited-seals.json`. @returns {Set<string>} */
function parseSeals(data) {
  const fields = members(parseJson(data), "format", "seals");
  if (fields.format !== SEALS_FORMAT) throw new Malformed("this is not a list of audited seals");
  const codes = array(fields.seals);
  codes.forEach((code, index) => within(["seals", index], () => {
    if (!SEAL_CODE.test(text(code))) throw new Malformed("a seal code of 43 characters was expected");
  }));
  return new Set(codes);
}

/** Bytes of a file beside the archive; an object that a page has read already is written again. */
function sourceOf(source) {
  const data = typeof source === "string" || source instanceof Uint8Array ? source : JSON.stringify(source);
  if (data.length > MAX_RECORD) throw new Malformed(`the record is larger than ${MAX_RECORD} bytes`);
  return data;
}

function now() {
  return performance.now();
}
