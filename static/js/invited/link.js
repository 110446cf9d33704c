// Whoever was invited by a link: the token behind its `#`, and what is asked of the portal with it.
//
// A browser does not send what stands behind `#`. It is taken out of the address bar and of the window's history at once,
// and kept for this window only, so that the page can be loaded again. Some browsers note an address in their list of
// visits before a page can do that; who has the trustee's browser has more than the link.

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** What the portal did not do. `code` is for the page's own words, `sentence` is the portal's, in the reader's language. */
export class Refused extends Error {
  /** @param {string} code @param {string} [sentence] @param {number} [status] */
  constructor(code, sentence = "", status = 0) {
    super(sentence || code);
    this.name = "Refused";
    Object.assign(this, { code, sentence, status });
  }
}

/**
 * The token of the link, from the address or from what this window remembers.
 * @param {{hash: string, pathname: string, search: string}} location
 * @param {{replaceState: Function}} history
 * @param {Storage} storage
 * @param {string} name under which it is remembered
 * @returns {string} "" when there is none
 */
export function takeToken(location, history, storage, name) {
  const given = location.hash.slice(1);
  if (TOKEN.test(given)) {
    storage.setItem(name, given);
    history.replaceState(null, "", location.pathname + location.search);
    return given;
  }
  const kept = storage.getItem(name) ?? "";
  return TOKEN.test(kept) ? kept : "";
}

/** What an answer that is no success means. @param {number} status @param {{code?: string, detail?: string}} problem */
export function refusalOf(status, problem) {
  if (status === 401) return new Refused("link", "", status);
  if (status === 413) return new Refused("large", "", status);
  if (status === 429) return new Refused("often", "", status);
  if (status >= 500 || status === 404) return new Refused("portal", "", status);
  return new Refused(problem.code ?? "refused", problem.detail ?? "", status);
}

/**
 * Asks the portal, with the token in a header.
 * @param {string} base path of the election's interface, `/api/elections/…`
 * @param {string} token
 * @param {typeof fetch} [get]
 */
export function portal(base, token, get = (...values) => fetch(...values)) {
  const ask = async (path, options = {}) => {
    let answer;
    try {
      const headers = { Accept: "application/json", Authorization: `Bearer ${token}`, ...options.headers };
      answer = await get(base + path, { ...options, headers, cache: "no-store" });
    } catch {
      throw new Refused("offline");
    }
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    throw refusalOf(answer.status, await answer.json().catch(() => ({})));
  };
  return {
    get: (path) => ask(path),
    post: (path, body) =>
      ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  };
}

/**
 * Fetches a public file whole.
 * @param {string} address
 * @param {(done: number, total: number) => void} [onProgress] bytes; total is 0 when the portal does not say
 * @param {typeof fetch} [get]
 * @returns {Promise<Uint8Array>}
 */
export async function download(address, onProgress = () => {}, get = (...values) => fetch(...values)) {
  const parts = [];
  let done = 0;
  try {
    const answer = await get(address, { cache: "no-store" });
    if (!answer.ok) throw refusalOf(answer.status === 401 ? 500 : answer.status, {});
    const total = Number(answer.headers.get("content-length") ?? 0);
    const reader = answer.body.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      parts.push(step.value);
      done += step.value.length;
      onProgress(done, total);
    }
  } catch (error) {
    throw error instanceof Refused ? error : new Refused("offline");
  }
  const whole = new Uint8Array(done);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
