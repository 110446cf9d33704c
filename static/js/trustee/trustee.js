// A trustee's page: one step a screen, always the next one. The key file is loaded into this window and its worker, and
// never sent; what is published is made from it by crypto/trustee.js.
//
// Nothing is published before the saved key file was loaded back: until then a trustee can close the page and begin anew.

import { storeOf } from "../booth/sending.js";
import { moments, words } from "../booth/words.js";
import { asking } from "../invited/asking.js";
import { receiving, save, textOf } from "../invited/files.js";
import { Refused, download, portal, takeToken } from "../invited/link.js";
import { Screens } from "../invited/screens.js";
import { remembering } from "./memory.js";
import {
  decryptionIn, FEW, fileName, ownOf, pinsName, pinsOf, restored, round, sameSecret, screenOf, spare, stranger,
} from "./steps.js";

/** How often the portal is asked while others are waited for, milliseconds; and where nothing is urgent. */
const SOON = 3_000;
const LATER = 30_000;

/** Which sentence of the page explains an error; codes of crypto/, of the portal, and of invited/link.js. */
const REASONS = {
  offline: "offline", portal: "portal", often: "often", large: "large", link: "link",
  "key file": "no-key", "other key": "other-trustee", "key needed": "other-window", worker: "worker",
  changed: "changed", record: "record", phase: "phase", tally: "tally", "no test": "no-test",
  opened: "changed-opened", "not among": "changed-election_key",
  conflict: "conflict", frozen: "frozen", not_yet: "not-yet", wrong_key: "wrong-key", rejected: "not-accepted",
};

class Office {
  constructor(place, document) {
    const { language } = place.dataset;
    const { say, has } = words(place.querySelector("[data-words]").content, language);
    Object.assign(this, { place, document, say, has });
    this.moments = moments(language, place.dataset.zone);
    this.list = new Intl.ListFormat(language, { type: "conjunction" });
    this.screens = new Screens(place, say);
    this.window = document.defaultView;
    this.state = null;
    this.key = null;
    this.made = false;
    this.loaded = null;
    this.part = null;
    this.frozen = null;
    this.timer = 0;
    this.store = storeOf(() => this.window.localStorage).store;
  }

  start() {
    const { uuid } = this.place.dataset;
    const token = takeToken(this.window.location, this.window.history, storeOf(() => this.window.sessionStorage).store, `sawtuna-trustee-${uuid}`);
    this.listen();
    if (!token) return this.stop("no-link");
    this.portal = portal(`/api/elections/${uuid}`, token);
    this.ask = asking(() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    return this.look();
  }

  listen() {
    const { place, window } = this;
    const once = (button, work) => this.screens.once(button, work, (error) => this.explain(error));
    const acts = {
      make: () => this.make(),
      save: () => this.saveKey(),
      "save-finished": () => this.saveFinished(),
      open: () => this.open(),
      "hand-in": () => this.handIn(),
      again: () => this.look(),
    };
    place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) once(button, acts[button.dataset.do]);
    });
    const files = {
      saved: (text) => this.checkSaved(text),
      go: (text) => this.load(text),
      test: (text) => this.test(text),
      decrypt: (text) => this.hold(text),
      offline: (text) => this.bring(text),
    };
    for (const zone of place.querySelectorAll("[data-drop]")) {
      receiving(zone, (file) => once(null, async () => files[zone.dataset.drop](await textOf(file))));
    }
    window.addEventListener("hashchange", () => window.location.reload()); // another link was pasted over this one
    window.addEventListener("online", () => this.tick());
    this.document.addEventListener("visibilitychange", () => this.document.hidden || this.tick());
    window.addEventListener("beforeunload", (event) => {
      if (this.made && this.screens.current === "save") event.preventDefault();
    });
  }

  // What the portal says

  /** Asks the portal, and goes on as far as possible. */
  async look() {
    try {
      this.state = await this.portal.get("/ceremony");
    } catch (error) {
      if (this.state === null) return this.stop(error.code === "link" ? "no-link" : "unreachable", error);
      throw error;
    }
    return this.go();
  }

  async go() {
    const here = { key: this.key !== null, made: this.made };
    let screen = screenOf(this.state, here);
    while (screen === "waiting" && this.key) {
      const next = await this.ask("advance", { state: this.state, keyFile: restored(this.key, this.state), name: this.state.name });
      this.take(next);
      if (!next.publish) break;
      await this.publish(next.publish);
      this.state = await this.portal.get("/ceremony");
      screen = screenOf(this.state, here);
    }
    this.paint(screen);
    this.plan(screen);
    if (["ready", "decrypt"].includes(screen)) await this.compare();
  }

  /** What this browser remembers for the key: its own, or the one that stands on the portal while none is loaded. */
  get memory() {
    return remembering(this.store, pinsName(this.key ?? { ...this.state, published: ownOf(this.state) }));
  }

  /** Keeps a key that has grown; what it has seen of others is remembered for the day the first file is loaded again. */
  take(next) {
    this.key = next.keyFile;
    this.finished = next.ready ? next.text : null;
    const { memory } = this;
    for (const [pin, value] of Object.entries(pinsOf(this.key))) memory.agree(pin, value);
    if (!next.ready) return;
    memory.agree("trustees", next.fingerprint);
    memory.agree("election_key", next.publicKey);
  }

  /** Once the election is frozen it must have the very key that was made here together. */
  async compare() {
    const { uuid, election_state: now } = this.state;
    if (now === "draft") return;
    if (this.frozen === null) {
      const { buffer } = await download(`/elections/${uuid}/election.json`);
      this.frozen = await this.ask("election", { election: buffer });
    }
    const { memory } = this;
    memory.agree("election", this.frozen.fingerprint);
    const made = memory.all().election_key;
    if (made !== undefined && made !== this.frozen.publicKey) throw new Refused("changed-election_key");
    this.paintPrints();
  }

  async publish(part) {
    try {
      await this.portal.post("/ceremony", part);
    } catch (error) {
      // Another window of the same trustee was faster with the same key: what lies there is as good, and is checked.
      if (error.code !== "conflict" || !["shares", "keys"].includes(part.kind)) throw error;
    }
  }

  plan(screen) {
    clearTimeout(this.timer);
    if (["begin", "save", "done", "cancelled", "unneeded", "decrypt"].includes(screen)) return;
    this.timer = setTimeout(() => this.tick(), ["waiting", "turn", "test"].includes(screen) ? SOON : LATER);
  }

  /** Looks again quietly; a lost connection is told, and tried again. */
  async tick() {
    clearTimeout(this.timer);
    if (!this.portal || this.screens.busy || this.looking || this.document.hidden) return this.plan(this.screens.current);
    this.looking = true;
    this.screens.pending = this.lookQuietly().finally(() => {
      this.looking = false;
    });
    await this.screens.pending;
  }

  async lookQuietly() {
    try {
      await this.look();
      if (this.offline) this.screens.tell("");
      this.offline = false;
    } catch (error) {
      this.offline = error.code === "offline";
      this.explain(error);
    }
  }

  // What a trustee does

  async make() {
    this.state = await this.portal.get("/ceremony");
    if (screenOf(this.state, { key: false, made: false }) !== "begin") return this.go(); // another window was faster
    const next = await this.ask("advance", { state: this.state, keyFile: null, name: this.state.name });
    Object.assign(this, { key: next.keyFile, text: next.text, made: true, finished: null });
    this.screens.reveal("saved", false);
    await this.go();
  }

  async saveKey() {
    save(this.document, fileName(this.state), this.text);
    this.screens.reveal("saved", true);
    this.screens.whisper(this.say("saved"));
  }

  async saveFinished() {
    save(this.document, `sawtuna-finished-key-${this.state.uuid}.json`, this.finished);
  }

  /** The key file in a text, if it is this trustee's; else the sentence that says what it is. */
  async read(text) {
    if (text === null) throw new Refused("key file");
    if (decryptionIn(text)) throw new Refused("decryption-file");
    const { keyFile } = await this.ask("read", { file: text });
    const wrong = stranger(keyFile, this.state);
    if (wrong) throw new Refused(wrong);
    return { ...remembering(this.store, pinsName(keyFile)).all(), ...keyFile };
  }

  /** The file that was just saved, loaded back: only now is anything published. */
  async checkSaved(text) {
    const keyFile = await this.read(text);
    if (!sameSecret(keyFile, this.key)) throw new Refused("not-this-file");
    this.made = false;
    try {
      const next = await this.ask("advance", { state: this.state, keyFile: this.key, name: this.state.name });
      this.take(next);
      await this.portal.post("/ceremony", next.publish);
    } catch (error) {
      this.made = true;
      if (error.code !== "conflict") throw error;
      Object.assign(this, { key: null, made: false });
      await this.look();
      throw new Refused("other-window");
    }
    await this.look();
  }

  async load(text) {
    const key = await this.read(text);
    this.state = await this.portal.get("/ceremony");
    const next = await this.ask("advance", { state: this.state, keyFile: restored(key, this.state), name: this.state.name });
    this.take(next);
    await this.go();
  }

  /** The saved file is loaded back, and opens something that only it can open. */
  async test(text) {
    const key = await this.read(text);
    this.state = await this.portal.get("/ceremony");
    const next = await this.ask("advance", { state: this.state, keyFile: restored(key, this.state), name: this.state.name });
    if (next.ready && this.state.state === "test") {
      const { answer } = await this.ask("answer", { keyFile: next.keyFile, test: this.state.test });
      await this.portal.post("/key-proof", { answer });
    }
    if (!next.ready) throw new Refused("unfinished");
    this.take(next);
    await this.look();
  }

  async hold(text) {
    const key = await this.read(text);
    this.state = await this.portal.get("/ceremony");
    const next = await this.ask("advance", { state: this.state, keyFile: restored(key, this.state), name: this.state.name });
    if (!next.ready) throw new Refused("unfinished");
    this.take(next);
    await this.go();
    this.place.querySelector('[data-do="open"]').focus();
  }

  /** The record is fetched and verified whole, the ballots are added up again, and what was found is shown first. */
  async open() {
    const { uuid } = this.state;
    this.screens.reveal("work", true);
    try {
      const proofs = await download(`/elections/${uuid}/decryption-proofs.json`);
      const bel = await download(`/elections/${uuid}/${uuid}.bel`, (done, total) =>
        this.screens.progress(this.say("stage-download"), done, total));
      const tell = {
        progress: ({ stage, done, total }) => this.screens.progress(this.say(`stage-${stage}`), done, total),
        transfer: [bel.buffer, proofs.buffer],
      };
      const part = await this.ask("decrypt", { keyFile: this.key, bel: bel.buffer, proofs: proofs.buffer, tally: null }, tell);
      this.memory.agree("election", part.fingerprint);
      this.memory.agree("election_key", part.publicKey);
      this.part = part;
    } finally {
      this.screens.reveal("work", false);
    }
    this.paint("decrypt");
    this.place.querySelector("[data-part=sum] h3").focus();
  }

  /** The part goes out only now. This browser remembers of which sum it is, and opens no other. */
  async handIn() {
    this.memory.agree("opened", this.part.opened);
    await this.portal.post("/decryptions", this.part.body);
    this.part = null;
    await this.look();
  }

  async bring(text) {
    const part = decryptionIn(text);
    if (part === null) throw new Refused("no-decryption");
    if (part.uuid !== this.state.uuid) throw new Refused("other-election");
    await this.portal.post("/decryptions", part);
    await this.look();
  }

  // What stands on the screen

  paint(screen) {
    const { state, screens, say } = this;
    const name = (index) => state.trustees[index - 1];
    const title = state.title[this.place.dataset.language] || state.title.ar || state.title.en || "";
    screens.fill("title", title);
    screens.fill("welcome", say("welcome", { name: state.name }));
    const needed = state.threshold < state.size ? "some-needed" : "all-needed";
    screens.fill("holders", say(needed, { size: state.size, count: state.threshold }));
    screens.fill("file", fileName(state));
    screens.reveal("asleep", this.key === null);
    screens.reveal("awake", this.key !== null);
    screens.reveal("finished", Boolean(this.finished));
    screens.reveal("held", this.key !== null && Boolean(this.finished) && this.part === null);
    screens.reveal("sum", this.part !== null);
    if (this.part) this.paintSum();
    this.paintPrints();
    screens.reveal("not-held", !(this.key !== null && this.finished));
    screens.reveal("contact", Boolean(state.contact));
    for (const link of this.place.querySelectorAll("[data-contact]")) {
      link.href = `mailto:${state.contact}`;
      link.textContent = state.contact;
    }
    const now = round(state);
    if (now) {
      const others = now.waiting.filter((index) => index !== state.index).map(name);
      screens.fill("round", say("round", { number: now.step, total: now.steps }));
      screens.fill("waiting-for", others.length ? this.list.format(others) : say("nobody"));
    }
    const untested = state.trustees.filter((_, at) => !state.proven.includes(at + 1) && at + 1 !== state.index);
    screens.fill("untested", untested.length ? say("untested", { names: this.list.format(untested) }) : say("all-tested"));
    const undone = state.trustees.filter((_, at) => !state.decrypted.includes(at + 1));
    screens.fill("opened", say("opened", { count: state.decrypted.length, needed: state.threshold }));
    screens.fill("undone", undone.length ? this.list.format(undone) : say("nobody"));
    screens.fill("closes", state.closes_at ? say("closes", { when: this.moments.moment(state.closes_at) }) : say("closes-unknown"));
    screens.fill("lost", this.aboutLost());
    screens.show(screen);
  }

  /** The fingerprints that all trustees must see alike. */
  paintPrints() {
    const { screens } = this;
    const { trustees, election_key: made } = this.memory.all();
    screens.fill("trustees-print", trustees ?? "");
    screens.reveal("trustees-print", trustees !== undefined);
    screens.fill("election-print", this.frozen?.fingerprint ?? "");
    screens.reveal("election-print", this.frozen !== null);
    screens.reveal("same-key", this.frozen !== null && made === this.frozen.publicKey);
    screens.reveal("compare", trustees !== undefined || this.frozen !== null);
  }

  /** What the sum is made of: the others must have found the same. */
  paintSum() {
    const { ballots, fingerprint, head } = this.part;
    this.screens.fill("sum-ballots", this.say("sum-ballots", { counted: ballots.counted, voters: ballots.voters }));
    this.screens.fill("sum-head", head);
    this.screens.fill("sum-election", fingerprint);
    this.screens.reveal("few", ballots.counted < FEW);
  }

  /** Whether a result is still possible when keys are lost. */
  aboutLost() {
    const { state, say } = this;
    const names = this.list.format(state.lost.map((index) => state.trustees[index - 1]));
    if (["keys", "test"].includes(state.state)) return say("lost-early");
    const left = spare(state) - (state.lost.includes(state.index) ? 0 : 1);
    const known = state.lost.length ? `${say("lost-known", { names })} ` : "";
    return known + (left < 0 ? say("lost-over") : say("lost-holds", { count: state.threshold }));
  }

  stop(why, error = null) {
    this.screens.fill("stop-title", this.say(`${why}-title`));
    this.screens.fill("stop-say", this.say(why));
    this.screens.reveal("retry", why === "unreachable");
    this.screens.show("stopped");
    if (error && !(error instanceof Refused)) throw error;
  }

  /** The key in this window is not the one that goes on: let another file be chosen. */
  dropOldKey() {
    Object.assign(this, { key: null, finished: null });
    this.screens.reveal("asleep", true);
    this.screens.reveal("awake", false);
    return this.say("e-old-key");
  }

  /** An error in the page's words; what a helper needs to know stands below them. */
  explain(error) {
    if (error.code === "link") return this.stop("no-link");
    const code = REASONS[error.code] ?? error.code;
    const [first] = error.place ?? [];
    const check = code === "record" && this.has(`check-${first}`) ? this.say(`check-${first}`) : "";
    let text = "";
    if (check) text = this.say("record-check", { check });
    else if (code && this.has(`e-${code}`)) text = this.say(`e-${code}`);
    else if (error.place?.[1] === this.state?.index) text = this.dropOldKey();
    else if (Number.isInteger(error.place?.[1])) text = this.say("e-other-part", { name: this.state.trustees[error.place[1] - 1] ?? "" });
    else text = error.sentence || this.say("e-unknown");
    const technical = error instanceof Refused ? (code === "not-accepted" ? error.sentence : "") : [error.where, error.message].filter(Boolean).join(": ");
    this.screens.tell(text, code === "no-key" ? "" : technical);
    if (this.state) this.plan(this.screens.current);
  }
}

/** Brings a trustee's page to life. @param {Document | Element} root */
export function attach(root) {
  for (const place of root.querySelectorAll("[data-trustee]")) {
    new Office(place, place.ownerDocument).start();
  }
}
