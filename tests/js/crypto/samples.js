// Small elections made here, of any group and questions.

import { parseElection } from "../../../static/js/crypto/election.js";
import { named } from "../../../static/js/crypto/groups.js";

export const GROUPS = ["Ed25519", "BELENIOS-2048", "RFC-3526-2048"];

export const ONE_OF_THREE = { answers: ["A", "B", "C"], min: 1, max: 1, question: "Who?" };
export const UP_TO_TWO = { answers: ["A", "B", "C"], min: 0, max: 2, question: "Which?" };
export const BLANK_ALLOWED = { answers: ["A", "B"], blank: true, min: 0, max: 2, question: "Who, or nobody?" };

/** The record of an election whose key nobody keeps. */
export function record(questions = [ONE_OF_THREE], group = "Ed25519", changes = {}) {
  const { generator, random } = bound(named(group));
  return JSON.stringify({
    version: 1,
    description: "",
    name: "A test",
    group,
    public_key: String(generator.pow(random())),
    questions,
    uuid: "SawtunaTest1234",
    ...changes,
  });
}

function bound(group) {
  return { generator: group.generator, random: () => group.random() };
}

/** The same, parsed. */
export function election(questions, group) {
  return parseElection(record(questions, group));
}
