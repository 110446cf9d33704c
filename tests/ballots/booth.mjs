// The browser's half of the protocol at the command of a Python test: one JSON object on standard input, one on standard
// output. {"elections": [{"election": text, "votes": [{"marks", "credential" or null}], "ballots": [text]}]}: votes with a
// credential are cast, the others audited; ballots are verified.

import { audit, cast, seal, sealCodeOf, verifyAudit, verifyBallot } from "../../static/js/crypto/ballot.js";
import { normalise } from "../../static/js/crypto/credentials.js";
import { parseElection } from "../../static/js/crypto/election.js";
import { ProtocolError } from "../../static/js/crypto/errors.js";

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;

const answers = [];
for (const { election: text, votes = [], ballots = [], audits = [] } of JSON.parse(input).elections) {
  const election = parseElection(text);
  const made = [];
  for (const { marks, credential } of votes) {
    const sealed = await seal(election, marks);
    const out = credential ? cast(election, sealed, normalise(credential)) : { audit: audit(sealed) };
    made.push({ ...out, sealCode: sealed.sealCode });
  }
  answers.push({
    fingerprint: election.fingerprint,
    titles: election.questions.map(({ question, answers: labels }) => [question, ...labels]),
    made,
    verified: ballots.map((ballot) => judged(() => verifyBallot(election, ballot))),
    audited: audits.map((file) => judged(() => verifyAudit(election, file))),
    recomputed: ballots.map((ballot) => judged(() => ({ sealCode: sealCodeOf(election.fingerprint, JSON.parse(ballot).answers) }))),
  });
}
process.stdout.write(JSON.stringify(answers));

/** The codes of what holds, or the name of the error. */
function judged(check) {
  try {
    const { tracker, sealCode, marks } = check();
    return { tracker, sealCode, marks };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { refused: error.name, where: error.where };
  }
}
