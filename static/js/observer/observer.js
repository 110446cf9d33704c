// The observer's page: fetches the record, lets the worker verify it, and shows each check as it ends.

/**
 * Which verdict of the page a report comes to. Of a sound record it still matters whether it is that of the page's
 * election and whether its result is the one the page shows; a file of a reader's own may be of another election.
 * @param {object} report
 * @param {{uuid: string, fingerprint: string, result: number[][] | null, fromDisk?: boolean}} page
 */
export function verdictOf(report, { uuid, fingerprint, result, fromDisk = false }) {
  if (!["verified", "in progress"].includes(report.verdict)) return report.verdict;
  if (report.uuid !== uuid && fromDisk) return report.verdict;
  if (report.uuid !== uuid || report.fingerprint !== fingerprint) return "another";
  if (result && JSON.stringify(report.result) !== JSON.stringify(result)) return "different";
  return report.verdict;
}

/** What has to be said beside a verdict on a sound record, by the names of the sentences. */
export function notesOf(report, { uuid }) {
  if (!["verified", "in progress"].includes(report.verdict)) return [];
  return [
    ...(report.uuid === uuid ? [] : ["elsewhere"]),
    ...(report.decryption_proofs === "weak" ? ["weak"] : []),
  ];
}

/** Fingerprints as people copy them: without spaces and without the padding of base64. */
export function plain(fingerprint) {
  return fingerprint.replace(/\s+/g, "").replace(/=+$/, "");
}

/** What a typed fingerprint says about the one that was found: nothing, "short", "same", "other". */
export function compared(found, typed) {
  const known = plain(typed);
  if (!known) return "";
  if (known === found) return "same";
  return found.startsWith(known) ? "short" : "other";
}

/** The state of a check's node. */
export function nodeOf(check) {
  return { passed: "done", failed: "failed" }[check.status] ?? "next";
}

/** "3 / 4" where something failed, else how many there were; nothing where there was nothing to do. */
export function countOf(check) {
  if (!check.count) return "";
  const failed = Math.min(check.count, check.failures.length + (check.failures_not_listed ?? 0));
  const number = (value) => value.toLocaleString("en");
  return `${number(check.count - failed)} / ${number(check.count)}`;
}

/** Bytes as a file manager tells them. */
export function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 2 ** 20) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/**
 * The bytes of an address. Where a connection breaks, a file that only `grows` at its end goes on where it was; any other
 * begins again, for what stands there now may be another text.
 * @param {string} address
 * @param {{fetch: typeof fetch, signal: AbortSignal, onProgress?: (done: number, total: number) => void, grows?: boolean,
 *   tries?: number}} how
 * @returns {Promise<Uint8Array>}
 */
export async function fetched(address, { fetch, signal, onProgress = () => {}, grows = false, tries = 3 }) {
  const parts = [];
  let done = 0;
  let total = 0;
  for (let turn = 0; ; turn += 1) {
    try {
      if (!grows) {
        parts.length = 0;
        done = 0;
      }
      const response = await fetch(address, { signal, headers: done ? { Range: `bytes=${done}-` } : {} });
      if (!response.ok) throw new Error(`status ${response.status}`);
      if (done && response.status !== 206) {
        parts.length = 0;
        done = 0;
      }
      total = done + Number(response.headers.get("content-length") ?? 0);
      const reader = response.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        parts.push(piece.value);
        done += piece.value.length;
        onProgress(done, Math.max(total, done));
      }
      return joined(parts, done);
    } catch (error) {
      if (signal.aborted || turn + 1 >= tries) throw error;
    }
  }
}

function joined(parts, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Failures that are shown a check; the rest are counted. */
const MOST_FAILURES = 20;

class Observer {
  constructor(part) {
    this.part = part;
    this.list = this.find("[data-checks]");
    this.order = [...this.list.children];
    this.running = null;
    this.report = null;
    this.find("[data-with-script]").hidden = false;
    this.find("[data-begin]").addEventListener("click", () => this.begin(() => this.fromPortal()));
    this.find("[data-begin-file]").addEventListener("click", () => this.begin(() => this.fromDisk()));
    this.find("[data-cancel]").addEventListener("click", () => this.running?.abort());
    this.find("[data-known]").addEventListener("input", () => this.compare());
  }

  find(selector) {
    return this.part.querySelector(selector);
  }

  words(name) {
    return this.find(`[data-words="${name}"]`).content.textContent;
  }

  /** Fetches or reads, verifies, tells; nothing more once it has been begun anew. */
  async begin(source) {
    this.running?.abort();
    const own = new AbortController();
    this.running = own;
    this.reset();
    try {
      const record = await source();
      own.signal.throwIfAborted();
      if (record === null) return this.tell("no-file");
      this.report = await this.verify(record, own.signal);
      this.finish(record.page);
    } catch (error) {
      if (this.running !== own) return;
      if (own.signal.aborted) this.tell("stopped");
      else if (error instanceof Unreachable) this.tell("offline");
      else {
        console.error(error);
        this.tell("broken");
      }
    } finally {
      if (this.running === own) this.end();
    }
  }

  end() {
    this.running = null;
    this.find("[data-progress]").hidden = true;
    this.find("[data-cancel]").hidden = true;
  }

  reset() {
    this.report = null;
    for (const row of this.order) {
      delete row.dataset.state;
      this.draw(row, "next");
      row.querySelector("[data-count]").textContent = "";
      row.querySelector("[data-note]").hidden = true;
      row.querySelector("[data-failures]").hidden = true;
    }
    this.list.replaceChildren(...this.order);
    this.find("[data-compare]").hidden = true;
    this.find("[data-cancel]").hidden = false;
    this.tell("running");
  }

  /** What this page says of its election. */
  page() {
    const { uuid, fingerprint, result } = this.part.dataset;
    return { uuid, fingerprint, result: result ? JSON.parse(result) : null };
  }

  async fromPortal() {
    const { archive, proofs, seals } = this.part.dataset;
    const { signal } = this.running;
    const from = (address, more) => fetched(address, { fetch: (...given) => fetch(...given), signal, ...more });
    const onProgress = (done, total) => this.progress("download", done, total, sizeOf);
    try {
      return {
        bel: await from(archive, { onProgress, grows: true }),
        proofs: await from(proofs),
        seals: await from(seals),
        previous: null,
        requireStrong: true,
        page: this.page(),
      };
    } catch (error) {
      throw signal.aborted ? error : new Unreachable(String(error));
    }
  }

  /** Strong proofs are demanded where a file of them was given: a record of another program has none. */
  async fromDisk() {
    const read = async (selector) => {
      const [file] = this.find(selector).files;
      return file ? new Uint8Array(await file.arrayBuffer()) : null;
    };
    const bel = await read("[data-bel]");
    if (bel === null) return null;
    const proofs = await read("[data-proofs-file]");
    return {
      bel,
      proofs,
      seals: await read("[data-seals-file]"),
      previous: await read("[data-previous]"),
      requireStrong: proofs !== null,
      page: { ...this.page(), fromDisk: true },
    };
  }

  /** Asks the worker; a worker of its own each time, so that stopping frees the memory too. */
  verify({ bel, proofs, seals, previous, requireStrong }, signal) {
    const worker = new Worker(this.part.dataset.worker, { type: "module" });
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      worker.addEventListener("error", (event) => reject(new Error(event.message || "the worker did not start")));
      worker.addEventListener("message", ({ data }) => {
        if (data.progress) this.progress(data.progress.stage, data.progress.done, data.progress.total);
        else if (data.check) this.check(data.check);
        else if (data.failed) reject(new Error(`${data.failed.name}: ${data.failed.message}`));
        else resolve(data.done);
      });
      const buffers = Object.entries({ bel, proofs, seals, previous }).map(([name, bytes]) => [name, bytes?.buffer ?? null]);
      const moved = buffers.flatMap(([, buffer]) => buffer ?? []);
      worker.postMessage({ id: 1, do: "verify", ...Object.fromEntries(buffers), requireStrong }, moved);
    }).finally(() => worker.terminate());
  }

  progress(stage, done, total, say = (value) => value.toLocaleString("en")) {
    const place = this.find("[data-progress]");
    place.hidden = false;
    const words = this.find(`[data-stage="${stage}"]`) ?? this.find('[data-stage="counting"]');
    place.querySelector("[data-progress-words]").textContent = words.content.textContent;
    place.querySelector("[data-progress-figures]").textContent = `${say(done)} / ${say(total)}`;
    place.querySelector("progress").value = total ? done / total : 0;
  }

  draw(row, state) {
    row.querySelector(":scope > svg").replaceWith(this.find(`[data-node="${state}"]`).content.firstElementChild.cloneNode(true));
  }

  /** Shows how a check ended. */
  check(check) {
    const row = this.order.find((one) => one.dataset.check === check.id);
    if (!row) return;
    this.draw(row, nodeOf(check));
    row.querySelector("[data-count]").textContent = countOf(check);
    const note = row.querySelector("[data-note]");
    note.hidden = check.status === "passed" && !check.warnings?.length;
    note.textContent = this.words(check.status);
    if (check.status !== "failed" && !check.warnings?.length) return;
    if (check.status === "failed") row.dataset.state = "failed";
    const listed = [...check.failures, ...(check.warnings ?? [])];
    const failures = row.querySelector("[data-failures]");
    failures.hidden = false;
    failures.replaceChildren(...listed.slice(0, MOST_FAILURES).map(({ place, reason }) => {
      const item = document.createElement("li");
      item.textContent = place ? `${place}: ${reason}` : reason;
      return item;
    }));
    const left = listed.length - MOST_FAILURES + (check.failures_not_listed ?? 0);
    if (left > 0) {
      const item = document.createElement("li");
      item.textContent = this.words("more").replace("{n}", left.toLocaleString("en"));
      failures.append(item);
    }
  }

  /** The verdict, failing checks first, the fingerprint to compare. */
  finish(page) {
    const { report } = this;
    report.checks.forEach((check) => this.check(check));
    const failed = this.order.filter((row) => row.dataset.state === "failed");
    this.list.replaceChildren(...failed, ...this.order.filter((row) => !failed.includes(row)));
    this.tell(verdictOf(report, page), report.reason, notesOf(report, page));
    if (!report.fingerprint) return;
    this.find("[data-compare]").hidden = false;
    this.find("[data-found-fingerprint]").textContent = report.fingerprint;
    this.compare();
  }

  tell(name, reason = "", notes = []) {
    const words = this.find(`[data-verdict="${name}"]`);
    const place = this.find("[data-verdict-place]");
    const text = document.createElement("div");
    text.append(words.content.cloneNode(true));
    for (const note of notes) {
      const more = document.createElement("p");
      more.textContent = this.words(note);
      text.append(more);
    }
    if (reason) {
      const more = document.createElement("p");
      more.dir = "ltr";
      more.className = "tiny";
      more.textContent = reason;
      text.append(more);
    }
    const star = this.find(`[data-star="${words.dataset.kind}"]`).content.firstElementChild.cloneNode(true);
    place.className = `verdict${{ failed: " verdict--harm", now: " verdict--wait" }[words.dataset.kind] ?? ""}`;
    place.replaceChildren(star, text);
    place.hidden = false;
  }

  compare() {
    const place = this.find("[data-compare-says]");
    const says = this.report?.fingerprint ? compared(this.report.fingerprint, this.find("[data-known]").value) : "";
    place.textContent = says ? this.words(says) : "";
  }
}

/** The portal did not give the bytes. */
class Unreachable extends Error {}

export function attach(root) {
  for (const part of root.querySelectorAll("[data-observer]")) new Observer(part);
}
