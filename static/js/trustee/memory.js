// What a trustee's browser remembers of what it has seen: hashes and fingerprints, nothing secret. Whoever is shown one
// thing today and another tomorrow stops here, whichever of the two was false.

import { Refused } from "../invited/link.js";

/**
 * @param {{getItem: Function, setItem: Function}} store
 * @param {string} name under which the key's memory stands
 */
export function remembering(store, name) {
  /** @returns {Record<string, string>} */
  const all = () => {
    try {
      const value = JSON.parse(store.getItem(name) ?? "{}");
      return value !== null && typeof value === "object" ? value : {};
    } catch (error) {
      if (error instanceof SyntaxError) return {};
      throw error;
    }
  };
  return {
    all,
    /** Remembers a value, or refuses when another was seen before: then the error's code is `changed-` and the name. */
    agree(what, value) {
      const seen = all();
      if (seen[what] === value) return;
      if (seen[what] !== undefined) throw new Refused(`changed-${what}`);
      try {
        store.setItem(name, JSON.stringify({ ...seen, [what]: value }));
      } catch (error) {
        if (!(error instanceof DOMException)) throw error; // full: the page still compares what it can
      }
    },
  };
}
