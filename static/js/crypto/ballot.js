// A voter's ballot: sealed, then either opened for an audit or signed and cast (PROTOCOL.md sections 5 and 6).
//
// Every proof of a ballot binds the credential, which the voter gives only when he casts. So `seal` makes everything that
// takes time and does not depend on it, the ciphertexts and all commitments of the proofs, and fixes them by the seal
// code; `cast` only hashes and closes. A sealed ballot goes one way: audited or cast, once.

import { array, canonical, members, readJson, sha256B64, text } from "./encoding.js";
import { signingKey } from "./credentials.js";
import { checkChoice } from "./election.js";
import { Malformed, Rejected, within } from "./errors.js";
import {
  commitOneOf,
  parseProof,
  parseProofLenient,
  proofJson,
  proveKnowledge,
  verifyKnowledge,
  verifyOneOf,
} from "./proofs.js";

/**
 * @typedef {import("./election.js").Election} Election
 * @typedef {import("./election.js").Question} Question
 * @typedef {import("./groups.js").Group} Group
 * @typedef {import("./groups.js").Point} Point
 * @typedef {import("./proofs.js").Ciphertext} Ciphertext
 * @typedef {import("./proofs.js").Proof} Proof
 *
 * @typedef {object} Answer
 * @property {Ciphertext[]} choices
 * @property {Proof[][]} individual
 * @property {Proof[]} overall
 * @property {Proof[] | null} blank
 *
 * @typedef {object} Ballot nothing is proven of it yet
 * @property {string} electionUuid
 * @property {string} electionHash
 * @property {Point} credential
 * @property {Answer[]} answers
 * @property {string} hash what the signature says it covers
 * @property {Proof} signature
 * @property {string} bodyHash what it should cover
 * @property {string} tracker
 * @property {string} sealCode
 *
 * @typedef {{format: string, election_uuid: string, election_hash: string, choices: {alpha: string, beta: string}[][],
 *   marks: number[][], randomness: string[][]}} AuditFile
 */

const AUDIT_FORMAT = "sawtuna seal audit 1";

// Transcripts, as crypto/transcripts.py spells them

const statementOf = (electionHash, credential) => `${electionHash}|${credential}`;
const spell = ({ alpha, beta }) => `${alpha},${beta}`;
const boundTo = (statement, choices) => `${statement}|${choices.map(spell).join(",")}`;
const member = (group, statement, ciphertext) => (commitments) =>
  group.challenge(`prove|${statement}|${spell(ciphertext)}|`, ...commitments);
const blankOrNot = (group, bound) => (commitments) => group.challenge(`bproof0|${bound}|`, ...commitments);
const blankOrSum = (group, bound) => (commitments) => group.challenge(`bproof1|${bound}|`, ...commitments);
const signing = (group, hash) => (commitment) => group.challenge(`sig|${hash}|`, commitment);

/** @param {Group} group @param {Ciphertext[]} ciphertexts @returns {Ciphertext} */
function product(group, ciphertexts) {
  return {
    alpha: group.product(ciphertexts.map(({ alpha }) => alpha)),
    beta: group.product(ciphertexts.map(({ beta }) => beta)),
  };
}

const sum = (numbers, zero) => numbers.reduce((total, number) => total + number, zero);
const range = (low, high) => Array.from({ length: high - low + 1 }, (_, index) => low + index);

// Sealing

/** What a `Sealed` keeps to itself: not a property of it, so that no copy, message or text of it can hold a secret. */
const SECRETS = new WeakMap();

/** A ballot that is encrypted and not yet signed. Not exported: `seal` alone makes it, `audit` and `cast` alone open it. */
class Sealed {
  #state = "sealed";

  constructor(election, choices, secrets) {
    this.electionUuid = election.uuid;
    this.electionHash = election.fingerprint;
    /** @type {{alpha: string, beta: string}[][]} one list a question, the blank vote first */
    this.choices = choices;
    this.sealCode = sealCodeOf(election.fingerprint, choices.map((row) => ({ choices: row })));
    SECRETS.set(this, secrets);
    Object.freeze(this);
  }

  /** "sealed", then "audited", "cast" or "dropped" for ever. */
  get state() {
    return this.#state;
  }

  /** Takes the secrets out, once. */
  static take(sealed, state) {
    if (sealed.#state !== "sealed") {
      throw new Rejected(`this ballot was ${sealed.#state}; seal a new one`, { code: sealed.#state });
    }
    const secrets = SECRETS.get(sealed);
    SECRETS.delete(sealed);
    sealed.#state = state;
    return secrets;
  }
}

/** How long the work goes on before messages are looked at, milliseconds. */
const BREATH = 40;

/** Lets other events through: a message to a worker, a repaint of a page. */
function breathe() {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/**
 * Encrypts a voter's choices, one list of marks a question.
 * @param {Election} election
 * @param {number[][]} marks zeros and ones, the blank vote first where there is one
 * @param {(done: number, total: number) => void} [onProgress]
 * @param {AbortSignal} [signal] gives the work up; the promise is rejected with its reason
 * @returns {Promise<Sealed>}
 */
export async function seal(election, marks, onProgress = () => {}, signal = undefined) {
  array(marks, election.questions.length);
  election.questions.forEach((question, index) => {
    within(["answers", index], () => checkChoice(question, marks[index]));
  });
  const total = sum(election.questions.map(({ size, blank }) => size + 1 + Number(blank)), 0);
  let done = 0;
  let rested = performance.now();
  const answers = [];
  for (const [index, question] of election.questions.entries()) {
    const steps = sealAnswer(election, question, marks[index]);
    let step = steps.next();
    for (; !step.done; step = steps.next()) {
      done += 1;
      onProgress(done, total);
      if (performance.now() - rested > BREATH) {
        await breathe();
        rested = performance.now();
      }
      signal?.throwIfAborted();
    }
    answers.push(step.value);
  }
  const choices = answers.map((answer) => answer.choices.map(ciphertextJson));
  return new Sealed(election, choices, { answers, marks: marks.map((row) => [...row]) });
}

/** One answer, a step a proof. Its proofs are committed and open. */
function* sealAnswer(election, question, marks) {
  const { group, publicKey } = election;
  const choices = [];
  const randomness = [];
  const individual = [];
  const commit = (branches, truth) => {
    const open = commitOneOf(branches, truth, publicKey);
    group.texts(open.commitments); // spelled now, so that casting has nothing left to compute
    return open;
  };
  for (const mark of marks) {
    const r = group.random();
    const zero = publicKey.pow(r);
    // Both are computed and one is taken, so that the time does not depend on the choice.
    const beta = [zero, zero.times(group.generator)][mark];
    choices.push({ alpha: group.generator.pow(r), beta });
    randomness.push(r);
    individual.push(commit([0, 1].map((value) => ({ randomness: r, off: mark - value })), mark));
    yield;
  }
  const sums = { group, choices, randomness, marks, question };
  const { overall, blank } = question.blank ? branchesWithBlank(sums) : branchesWithout(sums);
  const answer = { choices, randomness, individual, overall: commit(overall.branches, overall.truth), blank: null };
  yield;
  if (blank) {
    answer.blank = commit(blank.branches, blank.truth);
    yield;
  }
  group.texts(choices.flatMap(({ alpha, beta }) => [alpha, beta]));
  return answer;
}

function branchesWithout({ group, randomness, marks, question }) {
  const all = group.scalar(sum(randomness, 0n));
  const marked = sum(marks, 0);
  const branches = range(question.min, question.max).map((value) => ({ randomness: all, off: marked - value }));
  return { overall: { branches, truth: marked - question.min }, blank: null };
}

function branchesWithBlank({ group, randomness, marks, question }) {
  const [first, ...others] = randomness;
  const rest = group.scalar(sum(others, 0n));
  const marked = sum(marks.slice(1), 0);
  const isBlank = marks[0] === 1;
  const values = range(question.min, question.max).map((value) => ({ randomness: rest, off: marked - value }));
  return {
    overall: {
      branches: [{ randomness: first, off: marks[0] - 1 }, ...values],
      truth: isBlank ? 0 : 1 + marked - question.min,
    },
    blank: {
      branches: [
        { randomness: first, off: marks[0] },
        { randomness: rest, off: marked },
      ],
      truth: isBlank ? 1 : 0,
    },
  };
}

const ciphertextJson = ({ alpha, beta }) => ({ alpha: String(alpha), beta: String(beta) });

/**
 * What the voter compares: base64 of SHA-256 of the ciphertexts alone, 43 characters. Anybody can recompute it from the
 * cast ballot; the proofs and the signature, which need the credential, are not in it.
 * @param {string} electionHash
 * @param {{choices: {alpha: Point | string, beta: Point | string}[]}[]} answers
 * @returns {string}
 */
export function sealCodeOf(electionHash, answers) {
  return sha256B64(
    canonical({ election_hash: electionHash, choices: answers.map(({ choices }) => choices.map(ciphertextJson)) }),
  );
}

// The two ways out

/**
 * Opens a sealed ballot instead of casting it (Benaloh 2006). It can never be cast afterwards.
 * @param {Sealed} sealed
 * @returns {AuditFile}
 */
export function audit(sealed) {
  const { answers, marks } = Sealed.take(sealed, "audited");
  return {
    format: AUDIT_FORMAT,
    election_uuid: sealed.electionUuid,
    election_hash: sealed.electionHash,
    choices: answers.map(({ choices }) => choices.map(ciphertextJson)),
    marks,
    randomness: answers.map(({ randomness }) => randomness.map(String)),
  };
}

/** Forgets a sealed ballot; one that was audited or cast is forgotten already. @param {Sealed} sealed */
export function drop(sealed) {
  if (sealed.state === "sealed") Sealed.take(sealed, "dropped");
}

/**
 * Closes the proofs for this credential and signs. It works once a seal, also when nobody takes the ballot afterwards:
 * closing the same commitments for two credentials would give the choices away to whoever sees both ballots. So find out
 * first whether the credential is on the list. One of the wrong form is refused before the seal is touched.
 * @param {Election} election
 * @param {Sealed} sealed
 * @param {string} credential as `normalise` gives it
 * @returns {{ballot: string, tracker: string}} canonical text, and base64 of its SHA-256
 */
export function cast(election, sealed, credential) {
  const { group } = election;
  if (sealed.electionHash !== election.fingerprint) {
    throw new Rejected("the ballot names another fingerprint of the election", { code: "election" });
  }
  const key = signingKey(group, election.uuid, credential);
  const { answers } = Sealed.take(sealed, "cast");
  const signer = group.generator.pow(key);
  const statement = statementOf(election.fingerprint, signer);
  const body = {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential: String(signer),
    answers: answers.map((answer) => closeAnswer(group, answer, statement)),
  };
  const hash = sha256B64(canonical(body));
  const proof = proveKnowledge(group, key, signing(group, hash));
  const ballot = canonical({ ...body, signature: { hash, proof: proofJson(proof) } });
  return { ballot, tracker: sha256B64(ballot) };
}

function closeAnswer(group, { choices, individual, overall, blank }, statement) {
  const bound = boundTo(statement, choices);
  return answerJson({
    choices,
    individual: individual.map((open, index) => open.close(member(group, statement, choices[index]))),
    overall: overall.close(blank ? blankOrSum(group, bound) : member(group, bound, product(group, choices))),
    blank: blank && blank.close(blankOrNot(group, bound)),
  });
}

/** The wire's object, keys in order. @param {Answer} answer */
function answerJson({ choices, individual, overall, blank }) {
  const value = {
    choices: choices.map(ciphertextJson),
    individual_proofs: individual.map((proofs) => proofs.map(proofJson)),
    overall_proof: overall.map(proofJson),
  };
  return blank ? { ...value, blank_proof: blank.map(proofJson) } : value;
}

/**
 * What an opened ballot holds, after every check; `Rejected` when it is not what its randomness says. Nothing is believed
 * but alpha = g^r and beta = y^r * g^m. Compare `sealCode` with what the voting device had shown before the audit.
 * @param {Election} election
 * @param {AuditFile} file
 * @returns {{sealCode: string, marks: number[][]}}
 */
export function verifyAudit(election, file) {
  const { group, publicKey } = election;
  const fields = members(file, "format", "election_uuid", "election_hash", "choices", "marks", "randomness");
  if (fields.format !== AUDIT_FORMAT) throw new Malformed("this is not the audit of a sealed ballot");
  verifyElection(election, { electionUuid: text(fields.election_uuid), electionHash: text(fields.election_hash) });
  const count = election.questions.length;
  const [choices, marks, randomness] = ["choices", "marks", "randomness"].map((key) =>
    within([key], () => array(fields[key], count)),
  );
  const answers = election.questions.map((question, index) => {
    const read = (key, rows, parse) =>
      within([key, index], () =>
        array(rows[index], question.size).map((value, place) => within([place], () => parse(value))),
      );
    const ciphertexts = read("choices", choices, (value) => parseCiphertext(value, (point) => group.parsePoint(point)));
    const scalars = read("randomness", randomness, (value) => group.parseScalar(value));
    within(["marks", index], () => checkChoice(question, array(marks[index])));
    ciphertexts.forEach(({ alpha, beta }, place) => {
      const r = scalars[place];
      within(["choices", index, place], () => {
        if (!group.generator.powPublic(r).equals(alpha)) {
          throw new Rejected("the random value does not belong to this ciphertext", { code: "randomness" });
        }
        const zero = publicKey.powPublic(r);
        if (!(marks[index][place] === 1 ? zero.times(group.generator) : zero).equals(beta)) {
          throw new Rejected("the ciphertext does not hold the mark beside it", { code: "mark" });
        }
      });
    });
    return { choices: ciphertexts };
  });
  return { sealCode: sealCodeOf(election.fingerprint, answers), marks: marks.map((row) => [...row]) };
}

// Reading and checking

/** @param {(value: any) => Point} parsePoint @returns {Ciphertext} */
function parseCiphertext(value, parsePoint) {
  const fields = members(value, "alpha", "beta");
  return {
    alpha: within(["alpha"], () => parsePoint(fields.alpha)),
    beta: within(["beta"], () => parsePoint(fields.beta)),
  };
}

/** One answer as recorded; `size` is the number of ciphertexts that its question asks for. @param {Group} group @returns {Answer} */
export function parseAnswer(group, value, size) {
  const fields = members(value, "choices", "individual_proofs", "overall_proof");
  const each = (key, items, parse) =>
    items.map((item, index) => within([...key, index], () => parse(item)));
  const proofs = (items) => each([], array(items), (item) => parseProofLenient(group, item));
  const choices = each(["choices"], array(fields.choices, size), (item) =>
    parseCiphertext(item, (point) => group.parsePointLenient(point)),
  );
  const individual = each(["individual_proofs"], array(fields.individual_proofs, size), proofs);
  const overall = within(["overall_proof"], () => proofs(fields.overall_proof));
  const hasBlank = fields.blank_proof !== undefined && fields.blank_proof !== null;
  const blank = hasBlank ? within(["blank_proof"], () => proofs(fields.blank_proof)) : null;
  return { choices, individual, overall, blank };
}

const hasExactly = (object, keys) => Object.keys(object).join() === keys.join();

/**
 * From the text of a record. The outside is canonical; inside answers the spelling is as loose as belenios-tool's,
 * because a verifier that refused there what was once accepted would count another result (PROTOCOL.md section 5).
 * @param {Election} election
 * @param {Uint8Array | string} data
 * @returns {Ballot}
 */
export function parseRecorded(election, data) {
  const { group } = election;
  const read = readJson(data);
  const fields = members(read.value, "election_uuid", "election_hash", "credential", "answers", "signature");
  const signature = members(fields.signature, "hash", "proof");
  const proof = members(signature.proof, "challenge", "response");
  for (const value of [fields.election_uuid, fields.election_hash, fields.credential]) text(value);
  for (const value of [signature.hash, proof.challenge, proof.response]) text(value);
  array(fields.answers);
  if (
    !read.canonical ||
    !hasExactly(fields, ["election_uuid", "election_hash", "credential", "answers", "signature"]) ||
    !hasExactly(signature, ["hash", "proof"]) ||
    !hasExactly(proof, ["challenge", "response"])
  ) {
    throw new Malformed("the ballot is not in canonical form", { code: "canonical" });
  }
  const credential = within(["credential"], () => group.parseKey(fields.credential));
  within(["answers"], () => array(fields.answers, election.questions.length));
  const answers = election.questions.map((question, index) =>
    within(["answers", index], () => parseAnswer(group, fields.answers[index], question.size)),
  );
  // The text is canonical, so what was signed is the text up to its last key; no string can hold these characters.
  const body = `${read.text.slice(0, read.text.lastIndexOf(',"signature":'))}}`;
  return {
    electionUuid: fields.election_uuid,
    electionHash: fields.election_hash,
    credential,
    answers,
    hash: signature.hash,
    signature: within(["signature"], () => parseProof(group, proof)),
    bodyHash: sha256B64(body),
    tracker: sha256B64(read.text),
    sealCode: sealCodeOf(election.fingerprint, answers),
  };
}

/**
 * From the text a voter sends: canonical to the last digit, and no two ciphertexts with the same alpha.
 * @param {Election} election
 * @param {Uint8Array | string} data
 * @returns {Ballot}
 */
export function parseBallot(election, data) {
  const ballot = parseRecorded(election, data);
  const again = canonical({
    election_uuid: ballot.electionUuid,
    election_hash: ballot.electionHash,
    credential: String(ballot.credential),
    answers: ballot.answers.map(answerJson),
    signature: { hash: ballot.hash, proof: proofJson(ballot.signature) },
  });
  if (sha256B64(again) !== ballot.tracker) {
    throw new Malformed("the ballot is not in canonical form", { code: "canonical" });
  }
  const alphas = ballot.answers.flatMap(({ choices }) => choices.map(({ alpha }) => String(alpha)));
  if (new Set(alphas).size !== alphas.length) {
    throw new Malformed("the same random value was used twice in this ballot", { code: "repeated" });
  }
  return ballot;
}

/** That it was made for this election and no other. @param {Election} election */
export function verifyElection(election, { electionUuid, electionHash }) {
  if (electionUuid !== election.uuid) {
    throw new Rejected(`the ballot belongs to election ${electionUuid.slice(0, 64)}`, { code: "election" });
  }
  if (electionHash !== election.fingerprint) {
    throw new Rejected("the ballot names another fingerprint of the election", { code: "election" });
  }
}

/** That the holder of the credential signed exactly this. @param {Election} election @param {Ballot} ballot */
export function verifySignature(election, ballot) {
  if (ballot.hash !== ballot.bodyHash) {
    throw new Rejected("the signature covers another content", { code: "signature" });
  }
  verifyKnowledge(ballot.signature, ballot.credential, signing(election.group, ballot.hash));
}

/** That every answer is an allowed choice. @param {Election} election @param {Ballot} ballot */
export function verifyAnswers(election, ballot) {
  const statement = statementOf(election.fingerprint, ballot.credential);
  ballot.answers.forEach((answer, index) => {
    within(["answers", index], () => verifyAnswer(election, election.questions[index], answer, statement));
  });
}

/** @param {Election} election @param {Question} question @param {Answer} answer @param {string} statement S */
function verifyAnswer({ group, publicKey }, question, { choices, individual, overall, blank }, statement) {
  const claims = (ciphertext, low, high) => range(low, high).map((plaintext) => ({ ciphertext, plaintext }));
  const check = (place, statements, proofs, challenge) =>
    within(place, () => verifyOneOf(statements, proofs, publicKey, challenge));
  choices.forEach((choice, index) => {
    check(["individual_proofs", index], claims(choice, 0, 1), individual[index], member(group, statement, choice));
  });
  const bound = boundTo(statement, choices);
  if (!question.blank) {
    if (blank) throw new Rejected("a proof about a blank vote stands where none is possible", { code: "proof" });
    const total = product(group, choices);
    check(["overall_proof"], claims(total, question.min, question.max), overall, member(group, bound, total));
    return;
  }
  if (!blank) throw new Rejected("the proof about the blank vote is missing", { code: "proof" });
  const [first, ...others] = choices;
  const rest = product(group, others);
  const either = [first, rest].map((ciphertext) => ({ ciphertext, plaintext: 0 }));
  check(["blank_proof"], either, blank, blankOrNot(group, bound));
  const allowed = [{ ciphertext: first, plaintext: 1 }, ...claims(rest, question.min, question.max)];
  check(["overall_proof"], allowed, overall, blankOrSum(group, bound));
}

/**
 * Everything that can be said of a ballot alone, of one that is to be cast.
 * @param {Election} election
 * @param {Uint8Array | string} data
 * @returns {Ballot}
 */
export function verifyBallot(election, data) {
  const ballot = parseBallot(election, data);
  verifyElection(election, ballot);
  verifySignature(election, ballot);
  verifyAnswers(election, ballot);
  return ballot;
}
