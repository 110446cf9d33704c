// What is voted on: an election's parameters and its questions (PROTOCOL.md section 3; as crypto/election.py).

import { array, electionUuid, members, parseJson, sha256B64, text, utf8, wholeNumber } from "./encoding.js";
import { Malformed, Unsupported, within } from "./errors.js";
import { named } from "./groups.js";

/** Answers of all questions together: a bound on what a hostile record can make us do. */
export const MAX_ANSWERS = 10_000;
export const MAX_QUESTIONS = 1_000;

/**
 * Choose from `min` to `max` of the answers, or vote blank where `blank` allows it. `size` is how many ciphertexts an
 * answer has: one an answer, one more, first, for the blank vote.
 * @typedef {{question: string, answers: string[], min: number, max: number, blank: boolean, size: number, extra?: any}} Question
 *
 * @typedef {object} Election
 * @property {string} uuid
 * @property {string} name
 * @property {string} description
 * @property {import("./groups.js").Group} group
 * @property {import("./groups.js").Point} publicKey with a table for fast powers
 * @property {Question[]} questions
 * @property {string} fingerprint base64 of SHA-256 of the exact bytes, 43 characters
 * @property {Record<string, any>} fields everything that stood in the record, `administrator` and the like as well
 */

/** A homomorphic question, bare or wrapped; another kind is `Unsupported`. @returns {Question} */
export function parseQuestion(value) {
  const fields = members(value);
  if (!Object.hasOwn(fields, "type")) return homomorphic(fields);
  members(fields, "type", "value");
  const kind = text(fields.type);
  if (kind === "NonHomomorphic" || kind === "Lists") {
    throw new Unsupported("this election has ranked questions, on which this version cannot vote yet");
  }
  if (kind !== "Homomorphic") throw new Malformed(`there is no kind of question “${kind.slice(0, 40)}”`);
  return within(["value"], () => homomorphic(fields.value, fields.extra));
}

function homomorphic(value, extra) {
  const fields = members(value, "answers", "min", "max", "question");
  const answers = within(["answers"], () => {
    const texts = array(fields.answers).map(text);
    if (!texts.length || texts.length > MAX_ANSWERS) {
      throw new Malformed(`a question has from 1 to ${MAX_ANSWERS} answers`);
    }
    return texts;
  });
  const max = within(["max"], () => wholeNumber(fields.max, 0, answers.length));
  const min = within(["min"], () => wholeNumber(fields.min, 0, max));
  const blank = fields.blank ?? false;
  if (typeof blank !== "boolean" || fields.blank === null) {
    throw new Malformed("true or false was expected", { place: ["blank"] });
  }
  const question = { question: text(fields.question), answers, min, max, blank, size: answers.length + Number(blank) };
  return extra === undefined || extra === null ? question : { ...question, extra };
}

/**
 * From the bytes of the record, which need not be canonical and are never written anew.
 * @param {Uint8Array | string} data
 * @returns {Readonly<Election>}
 */
export function parseElection(data) {
  const bytes = typeof data === "string" ? utf8(data) : data;
  return electionOf(parseJson(bytes), sha256B64(bytes));
}

/**
 * From the record's JSON, read already; `fingerprint` is that of its bytes.
 * @returns {Readonly<Election>}
 */
export function electionOf(value, fingerprint) {
  const fields = members(value, "version", "group");
  within(["version"], () => {
    const version = wholeNumber(fields.version);
    if (version !== 1) throw new Unsupported(`protocol version ${version} is not known here`);
  });
  const group = within(["group"], () => named(fields.group));
  members(fields, "description", "name", "public_key", "questions", "uuid");
  const publicKey = within(["public_key"], () => group.precompute(group.parseKey(fields.public_key)));
  const listed = within(["questions"], () => array(fields.questions));
  if (!listed.length) throw new Malformed("an election has at least one question");
  const questions = listed
    .slice(0, MAX_QUESTIONS + 1)
    .map((value, index) => within(["questions", index], () => parseQuestion(value)));
  const answers = questions.reduce((sum, question) => sum + question.answers.length, 0);
  if (questions.length > MAX_QUESTIONS || answers > MAX_ANSWERS) {
    throw new Malformed(`an election has at most ${MAX_QUESTIONS} questions and ${MAX_ANSWERS} answers`);
  }
  const uuid = within(["uuid"], () => electionUuid(fields.uuid));
  return Object.freeze({
    uuid,
    name: text(fields.name),
    description: text(fields.description),
    group,
    publicKey,
    questions,
    fingerprint,
    fields,
  });
}

/**
 * Whether a voter may answer so: zeros and ones, the blank vote first. `Malformed` has as its `code` "marks" (not one
 * mark an answer), "blank" (a blank vote and an answer as well) or "number" (too few or too many).
 * @param {Question} question
 * @param {number[]} marks
 */
export function checkChoice(question, marks) {
  // Not `some` on the list itself, which passes over holes.
  if (!Array.isArray(marks) || marks.length !== question.size || [...marks].some((mark) => mark !== 0 && mark !== 1)) {
    throw new Malformed(`one mark an answer is needed, 0 or 1: ${question.size} in all`, { code: "marks" });
  }
  const isBlank = question.blank && marks[0] === 1;
  const marked = marks.slice(question.blank ? 1 : 0).reduce((sum, mark) => sum + mark, 0);
  if (isBlank && marked) throw new Malformed("a blank vote cannot choose an answer as well", { code: "blank" });
  if (!isBlank && (marked < question.min || marked > question.max)) {
    throw new Malformed(`from ${question.min} to ${question.max} answers can be chosen, not ${marked}`, {
      code: "number",
    });
  }
}
