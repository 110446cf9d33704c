// Handing a ballot in over a line that may break at any moment. The very same bytes are sent until an answer comes; the
// board takes a ballot once and gives the same receipt each time, so nothing is lost and nothing is counted twice.

/** Milliseconds to wait before the n-th repetition, doubled each time; a third is left to chance. */
export function pause(repetition, chance = Math.random()) {
  return Math.min(1000 * 2 ** (repetition - 1), 30_000) * (1 - chance / 3);
}

/** Refusals without a code that are the portal's all the same: during a visit of an agent, and of what is too large. */
const REFUSALS = new Set([403, 413]);

const PATIENCE = 45_000;

/**
 * @param {string} address
 * @param {string} ballot canonical text
 * @param {object} with_
 * @param {typeof fetch} with_.fetch
 * @param {(milliseconds: number) => Promise<void>} with_.wait
 * @param {(repetition: number) => void} [with_.onAgain] before each repetition
 * @param {number} [with_.most] repetitions, then the voter is asked
 * @returns {Promise<{kind: "accepted", receipt: object, again: boolean, replaces: number | null}
 *   | {kind: "refused", status: number, code: string, detail: string} | {kind: "unreachable"}>}
 */
export async function send(address, ballot, { fetch: ask, wait, onAgain = () => {}, most = 8 }) {
  const body = JSON.stringify({ ballot });
  for (let repetition = 0; repetition <= most; repetition += 1) {
    if (repetition) {
      await wait(pause(repetition));
      onAgain(repetition);
    }
    const answer = await once(ask, address, body);
    if (answer) return answer;
  }
  return { kind: "unreachable" };
}

async function once(ask, address, body) {
  try {
    const response = await ask(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout?.(PATIENCE),
    });
    const told = await response.json();
    if (response.ok && told?.receipt) {
      return { kind: "accepted", receipt: told.receipt, again: response.status === 200, replaces: told.replaces ?? null };
    }
    if (!response.ok && (told?.code || REFUSALS.has(response.status))) {
      return { kind: "refused", status: response.status, code: told?.code ?? "", detail: told?.detail ?? "" };
    }
    return null; // of something in between, or of a portal that is not well: it says nothing about the ballot
  } catch (error) {
    // No connection, a connection that broke off in the answer, an answer of something in between that is no JSON.
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * Waits, but not when the line comes back earlier.
 * @param {number} milliseconds
 * @param {EventTarget} [scope] tells "online"
 */
export function waitOrOnline(milliseconds, scope = globalThis) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      scope.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    scope.addEventListener?.("online", done);
  });
}

/**
 * The sealed and signed ballot of a tab, until its receipt has come: a reload, or signing in, does not lose it. Choices and
 * codes are never kept.
 * @param {string} uuid
 * @param {Storage} store
 */
export function keeper(uuid, store) {
  const key = `sawtuna ballot ${uuid}`;
  return {
    /**
     * @param {{ballot: string, tracker: string, seal: string, at: number}} signed `at`: when, in milliseconds
     * @returns {boolean} whether there was room
     */
    keep({ ballot, tracker, seal, at }) {
      try {
        store.setItem(key, JSON.stringify({ ballot, tracker, seal, at }));
        return true;
      } catch (error) {
        if (error instanceof DOMException) return false; // full, or forbidden: the page must stay open then
        throw error;
      }
    },
    /** @returns {{ballot: string, tracker: string, seal: string, at: number} | null} */
    kept() {
      const text = store.getItem(key);
      if (text === null) return null;
      try {
        const { ballot, tracker, seal, at } = JSON.parse(text);
        const whole = [ballot, tracker, seal].every((part) => typeof part === "string") && Number.isFinite(at);
        return whole ? { ballot, tracker, seal, at } : null;
      } catch (error) {
        if (error instanceof SyntaxError) return null;
        throw error;
      }
    },
    forget() {
      store.removeItem(key);
    },
  };
}

/** A store for browsers that forbid theirs: it lives as long as the page. */
export function memory() {
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

/**
 * A browser's store where it may be used.
 * @param {() => any} open gives the store; browsers that forbid it throw
 * @returns {{store: any, lasts: boolean}}
 */
export function storeOf(open) {
  try {
    const store = open();
    store.getItem("sawtuna");
    return { store, lasts: true };
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return { store: memory(), lasts: false };
    throw error;
  }
}
