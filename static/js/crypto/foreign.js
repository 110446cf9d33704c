// Elections with ranked questions or questions on lists, which this version cannot judge: what can be checked of them is
// checked all the same, as crypto/verification does. A wrong signature or an element outside the group is wrong whatever
// the question is.

import { array, members, parseJson, readJson, sha256B64, text } from "./encoding.js";
import { parseRecorded } from "./ballot.js";
import { electionOf, parseElection, parseQuestion } from "./election.js";
import { Malformed, Rejected, Unsupported, within } from "./errors.js";
import { parseProofLenient } from "./proofs.js";

const RANKED = "NonHomomorphic";
const LISTS = "Lists";

/**
 * As `parseElection`; where some questions are of a kind that cannot be judged, `kinds` names the kind of every question
 * and `questions` holds the homomorphic ones alone.
 * @param {Uint8Array} data
 * @returns {import("./election.js").Election & {kinds?: string[]}}
 */
export function parseAnyElection(data) {
  try {
    return parseElection(data);
  } catch (error) {
    if (!(error instanceof Unsupported && error.place[0] === "questions")) throw error;
  }
  const fields = members(parseJson(data));
  const kinds = array(fields.questions).map((value, index) => within(["questions", index], () => kindOf(value)));
  const known = fields.questions.filter((_, index) => kinds[index] === null);
  // Parsed with a question that is always there, so that the rest is checked where it is always checked.
  const stand = { answers: [""], min: 0, max: 1, question: "" };
  const parsed = electionOf({ ...fields, questions: [...known, stand] }, sha256B64(data));
  return Object.freeze({ ...parsed, questions: parsed.questions.slice(0, -1), kinds, fields });
}

/** null for a homomorphic question. */
function kindOf(value) {
  const fields = members(value);
  if (fields.type !== RANKED && fields.type !== LISTS) {
    parseQuestion(value);
    return null;
  }
  members(fields, "value");
  const { answers, question } = within(["value"], () => members(fields.value, "answers", "question"));
  text(question);
  const texts = (names) => array(names).forEach(text);
  within(["value", "answers"], () => (fields.type === RANKED ? texts(answers) : array(answers).forEach(texts)));
  return fields.type;
}

/** Why no verdict can be given on this record; null when one can. */
export function unsupportedQuestions({ kinds }) {
  if (!kinds) return null;
  const what = kinds.includes(RANKED) ? "ranked questions" : "questions on lists";
  return new Unsupported(`this record has ${what}, which this version cannot verify yet`).at("election.questions");
}

const OUTSIDE = ["election_uuid", "election_hash", "credential", "answers", "signature"];

/**
 * The outside of a ballot, read without any arithmetic: enough to sort, count and look up.
 * @param {Uint8Array} data
 * @returns {{fields: Record<string, any>, body: string}} `body` is what was signed
 */
export function readEnvelope(data) {
  const read = readJson(data);
  const fields = members(read.value, ...OUTSIDE);
  const signature = members(fields.signature, "hash", "proof");
  const proof = members(signature.proof, "challenge", "response");
  const texts = [fields.election_uuid, fields.election_hash, fields.credential, signature.hash];
  [...texts, proof.challenge, proof.response].forEach(text);
  array(fields.answers);
  const inOrder = (object, keys) => Object.keys(object).join() === keys.join();
  const canonicalOutside = inOrder(fields, OUTSIDE) && inOrder(signature, ["hash", "proof"]) &&
    inOrder(proof, ["challenge", "response"]);
  if (!read.canonical || !canonicalOutside) {
    throw new Malformed("the ballot is not in canonical form", { code: "canonical" });
  }
  return { fields, body: `${read.text.slice(0, read.text.lastIndexOf(',"signature":'))}}` };
}

/**
 * A recorded ballot of such an election: every element and scalar in range; its `answers` are the homomorphic ones.
 * @param {ReturnType<typeof parseAnyElection>} election
 * @param {Uint8Array} data
 */
export function parseForeign(election, data) {
  const { fields, body } = readEnvelope(data);
  within(["credential"], () => election.group.parseKey(fields.credential));
  within(["answers"], () => array(fields.answers, election.kinds.length));
  fields.answers.forEach((value, index) => within(["answers", index], () => {
    if (election.kinds[index] === RANKED) checkRanked(election.group, value);
    if (election.kinds[index] === LISTS) checkLists(election.group, value);
  }));
  const answers = fields.answers.filter((_, index) => election.kinds[index] === null);
  const known = JSON.stringify({ ...fields, answers }, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return { ...parseRecorded(election, known), bodyHash: sha256B64(body), tracker: sha256B64(data) };
}

function checkCiphertext(group, value) {
  const fields = members(value, "alpha", "beta");
  for (const name of ["alpha", "beta"]) within([name], () => group.parsePointLenient(fields[name]));
}

function checkRanked(group, value) {
  const fields = members(value, "choices", "proof");
  within(["choices"], () => checkCiphertext(group, fields.choices));
  within(["proof"], () => parseProofLenient(group, fields.proof));
}

function checkLists(group, value) {
  const fields = members(value, "choices", "individual_proofs", "overall_proof", "list_proofs", "nonzero_proof");
  const proofs = (list) => array(list).forEach((proof) => parseProofLenient(group, proof));
  array(fields.choices).forEach((row, index) =>
    within(["choices", index], () => array(row).forEach((item) => checkCiphertext(group, item))));
  array(fields.individual_proofs).forEach((row) => array(row).forEach(proofs));
  parseProofLenient(group, fields.overall_proof);
  array(fields.list_proofs).forEach(proofs);
  within(["nonzero_proof"], () => {
    const nonzero = members(fields.nonzero_proof, "commitment", "challenge", "response");
    group.parseScalarLenient(nonzero.challenge);
    array(nonzero.response, 2).forEach((response) => group.parseScalarLenient(response));
    within(["commitment"], () => {
      // belenios-tool 3.3.0 does not look whether it lies in the group, and accepts a list without a candidate
      if (group.parsePointLenient(nonzero.commitment).isIdentity) {
        throw new Rejected("the commitment is the neutral element");
      }
    });
  });
}
