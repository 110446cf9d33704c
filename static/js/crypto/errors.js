// What can be wrong with a record: it cannot be read, or its mathematics do not hold (as crypto/errors.py).

/** The root of everything that `static/js/crypto/` throws on purpose; never thrown itself. No message holds a secret. */
export class ProtocolError extends Error {
  /**
   * @param {string} message in English; pages show their own words, chosen by `code` and `place`
   * @param {{code?: string | null, place?: (string | number)[]}} [details]
   */
  constructor(message, { code = null, place = [] } = {}) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    /** @type {(string | number)[]} keys and indexes, outermost first */
    this.place = place;
  }

  /** Puts `place` before what is already known of the position. */
  at(...place) {
    this.place = [...place, ...this.place];
    return this;
  }

  /** The position in the manner of a path: `answers[0].choices[2].alpha`. */
  get where() {
    return this.place
      .map((part, index) => (typeof part === "number" ? `[${part}]` : index ? `.${part}` : part))
      .join("");
  }
}

/** The bytes are not what the format demands: wrong shape, encoding, range or group membership. */
export class Malformed extends ProtocolError {}

/** Well formed as far as can be seen, but of a kind that this version cannot judge; its code is "unsupported". */
export class Unsupported extends Malformed {
  constructor(message, details = {}) {
    super(message, { code: "unsupported", ...details });
  }
}

/** Everything could be read, and a claim in it is false. */
export class Rejected extends ProtocolError {}

/**
 * Does `work` and adds `place` to every `ProtocolError` that leaves it.
 * @template T
 * @param {(string | number)[]} place
 * @param {() => T} work
 * @returns {T}
 */
export function within(place, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProtocolError) error.at(...place);
    throw error;
  }
}
