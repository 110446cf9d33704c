// A worker as a page sees it: ask, and get a promise.

/** The worker has said no: `code` and `place` say why, as crypto/serving.js has it. */
export class Failed extends Error {
  constructor({ name, code, message, place }) {
    super(message);
    this.name = name;
    this.code = code;
    this.place = place;
  }
}

/**
 * @param {Worker} worker
 * @returns {(deed: string, data?: object, onProgress?: (progress: {stage: string, done: number, total: number}) => void)
 *   => Promise<any>}
 */
export function asking(worker) {
  const waiting = new Map();
  let last = 0;
  let broken = null;
  worker.addEventListener("message", ({ data: { id, ...said } }) => {
    const mine = waiting.get(id);
    if (!mine) return;
    if (said.progress) {
      mine.onProgress?.(said.progress);
      return;
    }
    waiting.delete(id);
    if (said.failed) mine.reject(new Failed(said.failed));
    else mine.resolve(said.done);
  });
  // It could not be loaded, or has broken down: whoever waits hears of it, and whoever asks later.
  worker.addEventListener("error", (event) => {
    broken = new Failed({ name: "Error", code: "worker", message: event.message || "the worker cannot be used", place: [] });
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  });
  return (deed, data = {}, onProgress = undefined) =>
    new Promise((resolve, reject) => {
      if (broken) {
        reject(broken);
        return;
      }
      const id = ++last;
      waiting.set(id, { resolve, reject, onProgress });
      worker.postMessage({ id, do: deed, ...data });
    });
}
