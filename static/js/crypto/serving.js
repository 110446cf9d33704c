// How a worker answers its page: {id, do, ...} is answered by {id, progress} and {id, check} any number of times, then
// {id, done: value} or {id, failed: {name, code, message, place, where}}.

/** How often a page is told of progress, milliseconds. */
const OFTEN = 100;

/** What of an error may leave the worker. */
export function explain(error) {
  const { name = "Error", code = null, message = String(error), place = [], where = "" } = error ?? {};
  return { name, code: typeof code === "string" ? code : null, message, place, where };
}

/**
 * A worker's whole behaviour, without the worker.
 * @param {(message: object) => void} post
 * @param {Record<string, (message: any, tell: {progress: Function, check: Function}) => any>} deeds
 * @returns {(message: {id: any, do: string}) => Promise<void>}
 */
export function serving(post, deeds) {
  return async (message) => {
    const { id } = message;
    let told = 0;
    const tell = {
      progress(stage, done, total) {
        if (done < total && performance.now() - told < OFTEN) return;
        told = performance.now();
        post({ id, progress: { stage, done, total } });
      },
      check(check) {
        post({ id, check });
      },
    };
    try {
      if (!Object.hasOwn(deeds, message.do)) throw new TypeError(`nothing here can “${message.do}”`);
      post({ id, done: await deeds[message.do](message, tell) });
    } catch (error) {
      post({ id, failed: explain(error) });
    }
  };
}

/** Serves messages when this is a worker, and not where a test imports the module. */
export function serveIn(scope, make) {
  if (typeof WorkerGlobalScope === "undefined" || !(scope instanceof WorkerGlobalScope)) return;
  const handle = make((message) => scope.postMessage(message));
  scope.addEventListener("message", ({ data }) => handle(data));
}

/** Bytes as they come in a message: a buffer, an array of bytes, a text, or nothing. */
export function bytesOf(data) {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data ?? null;
}
