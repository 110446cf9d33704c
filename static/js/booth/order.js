// The order in which a voter sees the answers. Where an election shuffles them, each voter has an order of his own, so
// that no answer gains by standing first; the order in the record, and so the ballot, stays as it is. The blank vote is
// not shuffled: it stands last, behind a double rule.

/** A whole number below `limit`, each equally likely. @param {number} limit @param {() => number} word 32 random bits */
export function below(limit, word) {
  const fair = 2 ** 32 - (2 ** 32 % limit); // above it the low numbers would be likelier
  for (;;) {
    const drawn = word();
    if (drawn < fair) return drawn % limit;
  }
}

/** The numbers from 0 to `length` - 1 in an order drawn by Fisher and Yates. */
export function shuffled(length, word) {
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = below(last + 1, word);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

function randomWord() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** Whether `order` names each of `length` answers once. */
export function isOrder(order, length) {
  return Array.isArray(order) && order.length === length && new Set(order).size === length
    && order.every((index) => Number.isInteger(index) && index >= 0 && index < length);
}

/**
 * Orders of all questions, the same for as long as the browser's tab lives.
 * @param {string} uuid
 * @param {{answers: unknown[], shuffle?: boolean}[]} questions
 * @param {{getItem(key: string): string | null, setItem(key: string, value: string): void}} store
 * @param {() => number} [word]
 * @returns {number[][]}
 */
export function orders(uuid, questions, store, word = randomWord) {
  const key = `sawtuna order ${uuid}`;
  const kept = readList(store.getItem(key));
  const made = questions.map(({ answers, shuffle }, index) => {
    if (!shuffle) return answers.map((_, place) => place);
    return isOrder(kept[index], answers.length) ? kept[index] : shuffled(answers.length, word);
  });
  try {
    store.setItem(key, JSON.stringify(made));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // full, or forbidden: a reload draws another order
  }
  return made;
}

function readList(text) {
  if (text === null) return [];
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch (error) {
    if (error instanceof SyntaxError) return []; // not ours, or cut off: a new order is drawn
    throw error;
  }
}
