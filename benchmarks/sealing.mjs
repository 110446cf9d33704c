// How fast the booth seals a ballot, beside the bare powers that nobody can seal without.
//
//     node benchmarks/sealing.mjs [questions] [answers] [runs]
//
// Prints, for each group, milliseconds an answer and the ratio to the floor: the powers of g and of the key, with the
// same tables, that the ciphertexts and commitments consist of. Medians of runs taken in turn (ours, floor, ours, …), so
// that a machine whose speed drifts disturbs both alike. Tables are made before anything is timed; their time is printed.

import { cast, seal, verifyBallot } from "../static/js/crypto/ballot.js";
import { generate } from "../static/js/crypto/credentials.js";
import { parseElection } from "../static/js/crypto/election.js";
import { NAMES, named } from "../static/js/crypto/groups.js";

const [questions = 4, answers = 5, runs = 5] = process.argv.slice(2).map(Number);

function election(group) {
  const question = { answers: Array(answers).fill("?"), min: 1, max: 1, question: "?" };
  return parseElection(
    JSON.stringify({
      version: 1,
      description: "",
      name: "?",
      group: group.name,
      public_key: String(group.generator.pow(group.random())),
      questions: Array(questions).fill(question),
      uuid: "SawtunaTest1234",
    }),
  );
}

async function timed(work) {
  const began = performance.now();
  const value = await work();
  return [performance.now() - began, value];
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

for (const group of NAMES.map(named)) {
  const parameters = election(group);
  const marks = Array(questions).fill([1, ...Array(answers - 1).fill(0)]);
  const [tables] = await timed(() => [group.generator, parameters.publicKey].map((point) => point.pow(3n)));
  // A ciphertext: g^r, y^r. A branch: g^t, y^t, g^(c*off). Two branches an answer, and one a question, which takes 1..1.
  const powers = questions * (8 * answers + 3);
  const floor = () => {
    for (let index = 0; index < powers; index += 1) {
      (index % 8 < 5 ? group.generator : parameters.publicKey).pow(group.random());
    }
  };
  const times = { seal: [], floor: [], cast: [], verify: [] };
  await seal(parameters, marks);
  for (let run = 0; run < runs; run += 1) {
    const [sealing, sealed] = await timed(() => seal(parameters, marks));
    const [bare] = await timed(floor);
    const [casting, { ballot }] = await timed(() => cast(parameters, sealed, generate()));
    const [verifying] = await timed(() => verifyBallot(parameters, ballot));
    for (const [name, time] of Object.entries({ seal: sealing, floor: bare, cast: casting, verify: verifying })) {
      times[name].push(time);
    }
  }
  const each = (name) => (median(times[name]) / (questions * answers)).toFixed(2);
  const ratio = (median(times.seal) / median(times.floor)).toFixed(2);
  console.log(`${group.name}: ${questions} questions of ${answers} answers, median of ${runs}; tables ${tables.toFixed(0)} ms`);
  console.log(`  seal ${each("seal")} ms an answer, floor ${each("floor")} (${ratio} times the floor)`);
  console.log(`  cast ${each("cast")} ms an answer, verify ${each("verify")} ms an answer`);
}
