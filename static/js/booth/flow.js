// The steps of a voter in the booth. Pure: a state and what happened give the next state; nothing here draws or sends.
//
//   choose -> review -> sealing -> sealed -> code -> sending -> receipt
//                          ^         |                ^ |-> signin (comes back to sending) | refused
//                          |         v                |
//                          +----- opened              waiting (a ballot of an earlier visit: sent, or thrown away)
//                  (audited: never cast; sealed anew or chosen anew)

/**
 * @typedef {{min: number, max: number, blank: boolean, size: number}} Question as far as choosing needs it
 *
 * @typedef {object} State
 * @property {"choose" | "review" | "sealing" | "sealed" | "opened" | "code" | "sending" | "signin" | "refused" | "receipt" | "waiting"} at
 * @property {number} question which of them is on the screen
 * @property {boolean} reviewing the question was opened from the review, to which one goes back
 * @property {number[][]} marks one list a question, the blank vote first where there is one
 * @property {boolean} kept the ballot is signed and kept until its receipt comes: a reload loses nothing
 * @property {boolean} resumed the ballot was sealed in an earlier visit: what was chosen is not known any more
 */

/** The four named steps, and which of them a state belongs to; 4 is behind the last. */
export const STEPS = ["choose", "review", "seal", "cast"];
const STEP_OF = {
  choose: 0, review: 1, sealing: 2, sealed: 2, opened: 2, code: 3, sending: 3, signin: 3, refused: 3, receipt: 4,
  waiting: 3,
};

/** @param {State} state */
export const stepOf = ({ at }) => STEP_OF[at];

/** @param {Question[]} questions @returns {State} */
export function begin(questions) {
  return {
    at: "choose",
    question: 0,
    reviewing: false,
    marks: questions.map(({ size }) => Array(size).fill(0)),
    kept: false,
    resumed: false,
  };
}

/**
 * A ballot of an earlier visit to this page waits for its receipt. Whose it is nobody knows: it is not sent unasked.
 * @param {Question[]} questions
 * @returns {State}
 */
export function resume(questions) {
  return { ...begin(questions), at: "waiting", kept: true, resumed: true };
}

/** How many answers are chosen; the blank vote is none of them. @param {Question} question @param {number[]} marks */
export function chosen({ blank }, marks) {
  return marks.slice(blank ? 1 : 0).reduce((sum, mark) => sum + mark, 0);
}

/** @param {Question} question @param {number[]} marks */
export function isBlank({ blank }, marks) {
  return blank && marks[0] === 1;
}

/** Whether answers exclude each other, as radio buttons do. @param {Question} question */
export function isSingle({ min, max }) {
  return min === 1 && max === 1; // where none may be chosen, a tick must be clearable: radio buttons are not
}

/** What keeps one from going on: "few", "many", or nothing. @param {Question} question @param {number[]} marks */
export function fault(question, marks) {
  if (isBlank(question, marks)) return null;
  const number = chosen(question, marks);
  if (number < question.min) return "few";
  return number > question.max ? "many" : null;
}

/**
 * The marks after a box was ticked or cleared. The blank vote and answers drive each other out.
 * @param {Question} question
 * @param {number[]} marks
 * @param {number} place among the marks
 * @param {boolean} on
 */
export function marked(question, marks, place, on) {
  if (!on) return marks.map((mark, index) => (index === place ? 0 : mark));
  const alone = isSingle(question) || (question.blank && place === 0);
  return marks.map((mark, index) => {
    if (index === place) return 1;
    return alone || (question.blank && index === 0) ? 0 : mark;
  });
}

/** Whether there is a step before this one to which one may return. @param {State} state */
export function hasBefore({ at, question, reviewing }) {
  return at === "choose" ? question > 0 || reviewing : ["review", "sealing", "sealed", "opened", "code"].includes(at);
}

/** Whether leaving the page now would lose what the voter has done. @param {State} state */
export function wouldLose({ at, marks, kept }) {
  if (at === "sending") return true; // what a tab keeps ends with the tab
  if (kept || at === "receipt" || at === "refused") return false;
  return at !== "choose" || marks.some((row) => row.includes(1));
}

/**
 * @param {State} state
 * @param {{type: string, place?: number, on?: boolean, question?: number}} event
 * @param {Question[]} questions
 * @returns {State} the same object when the event has no meaning here
 */
export function next(state, event, questions) {
  const move = MOVES[state.at][event.type];
  return move ? move(state, event, questions) : state;
}

const to = (at, more = {}) => (state) => ({ ...state, at, ...more });
const change = (state, { question = state.question }) => ({ ...state, at: "choose", question, reviewing: true });

const MOVES = {
  choose: {
    mark(state, { place, on }, questions) {
      const rows = [...state.marks];
      rows[state.question] = marked(questions[state.question], rows[state.question], place, on);
      return { ...state, marks: rows };
    },
    forward(state, _event, questions) {
      if (fault(questions[state.question], state.marks[state.question])) return state;
      if (!state.reviewing && state.question + 1 < questions.length) return { ...state, question: state.question + 1 };
      // Nobody comes to the review with a question that was jumped over.
      const open = questions.findIndex((question, index) => fault(question, state.marks[index]));
      return open < 0 ? { ...state, at: "review", reviewing: false } : { ...state, question: open };
    },
    back(state, _event, questions) {
      if (state.reviewing) {
        const open = fault(questions[state.question], state.marks[state.question]);
        return open ? state : { ...state, at: "review", reviewing: false };
      }
      return state.question > 0 ? { ...state, question: state.question - 1 } : state;
    },
  },
  review: {
    change,
    back: (state, _event, questions) => ({ ...state, at: "choose", question: questions.length - 1, reviewing: false }),
    forward: to("sealing"),
  },
  sealing: { sealed: to("sealed"), back: to("review"), failed: to("review") },
  sealed: { cast: to("code"), audited: to("opened"), back: to("review"), again: to("sealing") },
  opened: { again: to("sealing"), change, back: to("review") },
  code: { back: to("sealed"), signing: to("sending"), again: to("sealing") },
  sending: {
    signed: (state, { kept = true }) => ({ ...state, kept }),
    unsigned: to("code"),
    accepted: to("receipt", { kept: false }),
    refused: to("refused", { kept: false }),
    signin: to("signin"),
  },
  signin: { forward: to("sending"), refused: to("refused", { kept: false }) },
  refused: {
    // Of a ballot of an earlier visit nothing is known: what would be sealed anew is an empty one.
    again: (state) => (state.resumed ? state : { ...state, at: "sealing" }),
    change: (state, event) => (state.resumed ? state : change(state, event)),
    begin: (_state, _event, questions) => begin(questions),
  },
  waiting: { forward: to("sending"), begin: (_state, _event, questions) => begin(questions) },
  receipt: { begin: (_state, _event, questions) => begin(questions) },
};
