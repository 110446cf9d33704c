// What the page shows must be what is voted on: its texts come from the portal in two languages, the ballot is bound to the
// frozen record. So both are compared, and the record with its fingerprint, before anybody sees a question.

/** A text as it stands in the record, which knows one language: Arabic, then English behind a slash (ballots/rules.py). */
export function spoken(text) {
  const parts = ["ar", "en"].map((language) => (text?.[language] ?? "").trim()).filter(Boolean);
  return [...new Set(parts)].join(" / ");
}

/** The description as it stands in the record, with what voters were given to read (ballots/rules.py). */
export function described(description, documents) {
  const listed = (documents ?? []).map(({ title, sha256 }) => `${spoken(title)} · SHA-256 ${sha256}`);
  return [spoken(description), listed.join("\n")].filter(Boolean).join("\n\n");
}

/** The text in a language, or in the one there is; and which that was. @returns {{text: string, language: string}} */
export function said(text, language) {
  for (const one of [language, "ar", "en"]) {
    if (text?.[one]?.trim()) return { text: text[one].trim(), language: one };
  }
  return { text: "", language };
}

/**
 * The place of the first difference between what is shown and what is voted on, or null.
 * @param {object} details of /api/elections/{uuid}
 * @param {{uuid: string, name: string, description: string, fingerprint: string, questions: object[]}} record as the
 *   worker has read it from the exact bytes
 */
export function difference(details, record) {
  if (details.uuid !== record.uuid) return "uuid";
  if (details.fingerprint !== record.fingerprint) return "fingerprint";
  if (spoken(details.title) !== record.name) return "title";
  if (described(details.description, details.documents) !== record.description) return "description";
  if (details.questions.length !== record.questions.length) return "questions";
  for (const [index, frozen] of record.questions.entries()) {
    const shown = details.questions[index];
    if (spoken(shown.question) !== frozen.question) return `questions[${index}].question`;
    for (const limit of ["min", "max", "blank"]) {
      if (shown[limit] !== frozen[limit]) return `questions[${index}].${limit}`;
    }
    if (shown.answers.length !== frozen.answers.length) return `questions[${index}].answers`;
    const other = frozen.answers.findIndex((answer, place) => spoken(shown.answers[place]) !== answer);
    if (other >= 0) return `questions[${index}].answers[${other}]`;
  }
  return null;
}

const UUID = /^[1-9A-HJ-NP-Za-km-z]{14,64}$/;

/** Whether this can be an election's identifier; it becomes part of addresses. */
export const isUuid = (text) => typeof text === "string" && UUID.test(text);

/** Whether ballots are taken now: "open", "early", "paused", "over" or "never". @param {object} details */
export function openness({ state, paused, opens_at: opens, closes_at: closes }, now) {
  if (state === "cancelled") return "never";
  if (state === "open") return paused ? "paused" : "open"; // the portal knows; a wrong clock keeps nobody from voting
  if (!opens || !closes || state !== "ready") return "over";
  if (now < Date.parse(opens)) return "early";
  return paused ? "paused" : "open";
}

/** A code in fours, for reading and comparing. @param {string} code @returns {string[]} */
export function inFours(code) {
  return code.match(/.{1,4}/gs) ?? [];
}

/** A code as it stands in addresses. @param {string} code */
export function inAddress(code) {
  return code.replaceAll("+", "-").replaceAll("/", "_");
}
