// Asks a worker that answers as in crypto/serving.js.

/** What a worker could not do; `code`, `place` and `where` as in crypto/errors.js. */
export class Failed extends Error {
  constructor({ name, code, message, place, where }) {
    super(message);
    Object.assign(this, { kind: name, code, place, where });
  }
}

/**
 * The worker is begun by the first question. One that could not be loaded, because the connection was lost, or that has
 * died, is replaced at the next question.
 * @param {() => {postMessage: Function, addEventListener: Function}} begin
 * @returns {(deed: string, values?: object, tell?: {progress?: Function, check?: Function, transfer?: Transferable[]})
 *   => Promise<any>}
 */
export function asking(begin) {
  const waiting = new Map();
  let last = 0;
  let worker = null;
  const start = () => {
    const begun = begin();
    begun.addEventListener("message", ({ data }) => {
      const asked = waiting.get(data.id);
      if (!asked) return;
      if (data.progress) asked.tell.progress?.(data.progress);
      if (data.check) asked.tell.check?.(data.check);
      if (!("done" in data) && !("failed" in data)) return;
      waiting.delete(data.id);
      if ("failed" in data) asked.reject(new Failed(data.failed));
      else asked.resolve(data.done);
    });
    // A worker that cannot even be loaded answers nobody: everybody who waits must hear of it.
    begun.addEventListener("error", (event) => {
      event.preventDefault?.();
      worker = null;
      for (const { reject } of waiting.values()) {
        reject(new Failed({ name: "Error", code: "worker", message: String(event.message ?? ""), place: [], where: "" }));
      }
      waiting.clear();
    });
    return begun;
  };
  return (deed, values = {}, tell = {}) =>
    new Promise((resolve, reject) => {
      worker ??= start();
      last += 1;
      waiting.set(last, { resolve, reject, tell });
      worker.postMessage({ ...values, id: last, do: deed }, tell.transfer ?? []);
    });
}
