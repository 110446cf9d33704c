// The credential authority's page: a secret code for every voter, made here and never sent, and the letters that carry
// it. The public list is handed in only after the private file was saved and loaded back: without it nobody could vote.

import { storeOf } from "../booth/sending.js";
import { words } from "../booth/words.js";
import { asking } from "../invited/asking.js";
import { receiving, save, textOf } from "../invited/files.js";
import { Refused, portal, takeToken } from "../invited/link.js";
import { Screens } from "../invited/screens.js";
import { letter, runs } from "./letters.js";
import { BadFile, checkComplete, keeping, mailHouse, privateText, reachable, readPrivate, same } from "./sheet.js";

const REASONS = { frozen: "frozen", conflict: "conflict", numbers: "changed-list", weights: "changed-list" };

class Desk {
  constructor(place, document) {
    const { language } = place.dataset;
    const { say, has } = words(place.querySelector("[data-words]").content, language);
    Object.assign(this, { place, document, say, has, language });
    this.screens = new Screens(place, say);
    this.window = document.defaultView;
    this.told = null;
    this.codes = null;
    this.saved = false;
    this.before = null;
    this.fresh = null;
  }

  start() {
    const { uuid } = this.place.dataset;
    const token = takeToken(this.window.location, this.window.history, storeOf(() => this.window.sessionStorage).store, `sawtuna-authority-${uuid}`);
    this.listen();
    if (!token) return this.stop("no-link");
    this.portal = portal(`/api/elections/${uuid}`, token);
    this.ask = asking(() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    return this.look();
  }

  listen() {
    const { place } = this;
    const once = (button, work) => this.screens.once(button, work, (error) => this.explain(error));
    const acts = {
      make: () => this.make(),
      renew: () => this.renew(),
      save: () => this.savePrivate(),
      "hand-in": () => this.handIn(),
      table: () => this.saveTable(),
      print: (button) => this.print(Number(button.dataset.first), Number(button.dataset.last)),
      mail: () => this.mail(),
      again: () => this.look(),
    };
    place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) once(button, () => acts[button.dataset.do](button));
    });
    const files = { saved: (text) => this.checkSaved(text), before: (text) => this.compare(text), codes: (text) => this.load(text) };
    for (const zone of place.querySelectorAll("[data-drop]")) {
      receiving(zone, (file) => once(null, async () => files[zone.dataset.drop](await textOf(file))));
    }
    place.querySelector("[data-form='mail']").addEventListener("submit", (event) => {
      event.preventDefault();
      once(place.querySelector("[data-do='mail']"), () => this.mail());
    });
    this.window.addEventListener("hashchange", () => this.window.location.reload());
    this.window.addEventListener("beforeunload", (event) => {
      if (this.codes && !this.told.done && !this.saved) event.preventDefault();
    });
    this.window.addEventListener("afterprint", () => this.putAway());
  }

  async look() {
    try {
      this.told = await this.portal.get("/voters");
    } catch (error) {
      return this.stop(error.code === "link" ? "no-link" : "unreachable", error);
    }
    this.paint();
  }

  get voters() {
    return this.told.voters;
  }

  /** Who is to get a letter now: everybody, or those with a new code where the others keep theirs. */
  get recipients() {
    return this.fresh === null ? this.voters : this.voters.filter(({ id }) => this.fresh.has(id));
  }

  /** What the worker needs of the voters. */
  get task() {
    const { group, uuid, weighted } = this.told;
    return { group, uuid, weighted, voters: this.voters.map(({ id, weight }) => [id, String(weight)]) };
  }

  compute(deed, more = {}) {
    this.screens.reveal("work", true);
    const progress = ({ done, total }) => this.screens.progress(this.say("progress", { done, total }), done, total);
    return this.ask(deed, { ...this.task, ...more }, { progress }).finally(() => this.screens.reveal("work", false));
  }

  async make() {
    this.told = await this.portal.get("/voters");
    if (this.told.done) return this.paint();
    const { codes, list, fingerprint } = await this.compute("make");
    Object.assign(this, { codes, list, fingerprint, saved: false });
    this.screens.reveal("saved", false);
    this.paint();
  }

  async savePrivate() {
    save(this.document, `sawtuna-codes-${this.told.uuid}.json`, privateText(this.codes));
    this.screens.reveal("saved", true);
    this.screens.whisper(this.say("saved"));
  }

  async checkSaved(text) {
    if (!same(this.codes, readPrivate(text))) throw new Refused("not-this-file");
    this.saved = true;
    this.paint();
  }

  /** A file of codes that are not handed in, or were withdrawn: those that are good stay. */
  async compare(text) {
    const codes = readPrivate(text);
    this.told = await this.portal.get("/voters");
    if (!keeping(this.voters, codes).kept.length) throw new Refused("other-list");
    this.before = codes;
    this.paint();
  }

  async renew() {
    const anew = this.place.querySelector("[data-anew]").value.split("\n").map((line) => line.trim()).filter(Boolean);
    const { kept, without, gone } = keeping(this.voters, this.before, anew);
    const { codes, list, fingerprint } = await this.compute("renew", { codes: kept });
    const isAsSaved = !without.length && !gone;
    Object.assign(this, { codes, list, fingerprint, saved: isAsSaved, fresh: kept.length && without.length ? new Set(without) : null });
    this.screens.reveal("saved", false);
    this.paint();
  }

  /** The private file of the codes that hold. */
  async load(text) {
    const codes = readPrivate(text);
    this.told = await this.portal.get("/voters");
    checkComplete(this.voters, codes);
    const { list, fingerprint } = await this.compute("derive", { codes });
    // The portal knows the fingerprint of what was handed in: letters with other codes would be of no use to anybody.
    if (this.told.done && fingerprint !== this.told.fingerprint) throw new Refused("other-codes");
    Object.assign(this, { codes, list, fingerprint, saved: true });
    this.paint();
  }

  async handIn() {
    try {
      await this.portal.post("/credentials", { credentials: this.list });
    } catch (error) {
      if (error.code !== "conflict") throw error;
      // Handed in before: by this very press, whose answer was lost, or from another window with other codes.
      this.told = await this.portal.get("/voters");
      if (this.told.fingerprint !== this.fingerprint) {
        this.codes = null;
        this.paint();
        throw new Refused("conflict");
      }
    }
    this.told = await this.portal.get("/voters");
    this.paint();
  }

  async saveTable() {
    const table = mailHouse(this.recipients, this.codes);
    save(this.document, `sawtuna-codes-${this.told.uuid}.csv`, table, "text/csv;charset=utf-8");
  }

  async print(first, last) {
    const { uuid, title } = this.told;
    // Made here: an address that the portal names could lead the code somewhere else.
    const booth = new URL(`/booth/ar?election=${uuid}`, this.window.location.href).href;
    const url = new URL(`/elections/${uuid}`, this.window.location.href).href;
    const fingerprint = this.told.election_fingerprint ?? "";
    const known = new Map(this.codes);
    const holder = this.document.querySelector("[data-letters]");
    const template = this.document.querySelector("template[data-letter-page]");
    const called = [...new Set([title.ar, title.en].filter(Boolean))].join(" / ");
    holder.replaceChildren(...this.recipients.slice(first - 1, last).map(({ id, name }) =>
      letter(template, { title: called, name, code: known.get(id), booth, url, uuid, fingerprint })));
    holder.hidden = false;
    this.document.documentElement.dataset.printing = "letters";
    this.window.print();
  }

  /** Codes stand on the page only while they are printed. */
  putAway() {
    const holder = this.document.querySelector("[data-letters]");
    holder.hidden = true;
    holder.replaceChildren();
    delete this.document.documentElement.dataset.printing;
  }

  async mail() {
    const typed = this.place.querySelector("[data-typed]");
    if (typed.value.trim().toLocaleLowerCase() !== typed.dataset.typed.toLocaleLowerCase()) {
      typed.focus();
      throw new Refused("not-typed");
    }
    const known = new Map(this.codes);
    const codes = Object.fromEntries(reachable(this.recipients).map(({ id }) => [id, known.get(id)]));
    const { sent } = await this.portal.post("/mail-codes", { codes });
    this.told = await this.portal.get("/voters");
    this.paint();
    this.screens.whisper(this.say("mailed", { n: sent }));
  }

  get screen() {
    if (!this.told.done) {
      if (this.told.state !== "draft") return "over";
      if (!this.voters.length) return "nobody";
      if (this.codes === null) return this.before === null ? "begin" : "renew";
      return this.saved ? "hand-in" : "save";
    }
    return this.codes === null ? "later" : "deliver";
  }

  paint() {
    const { told, screens, say } = this;
    screens.fill("title", told.title[this.language] || told.title.ar || told.title.en || "");
    screens.fill("voters", say("voters", { n: this.voters.length }));
    screens.fill("file", `sawtuna-codes-${told.uuid}.json`);
    screens.fill("fingerprint", this.fingerprint ?? told.fingerprint ?? "");
    const by = reachable(this.recipients).length;
    const open = ["draft", "ready", "open"].includes(told.state);
    screens.reveal("mail", told.by_portal && !told.mailed && open && by > 0);
    screens.reveal("mailed", told.mailed);
    screens.reveal("unfrozen", told.state === "draft");
    screens.fill("reachable", say("reachable", { n: by }));
    screens.fill("unreachable", say("others", { n: this.recipients.length - by }));
    screens.reveal("unreachable", by < this.recipients.length);
    screens.reveal("fresh", this.fresh !== null);
    screens.fill("fresh", this.fresh === null ? "" : say("fresh", { n: this.fresh.size }));
    if (this.before !== null) this.paintBefore();
    screens.show(this.screen);
    if (this.screen === "deliver") this.offer();
  }

  /** What of the file that was loaded stays. */
  paintBefore() {
    const { kept, without, gone } = keeping(this.voters, this.before);
    this.screens.fill("kept", this.say("kept", { n: kept.length }));
    this.screens.fill("without", this.say("without", { n: without.length }));
    this.screens.reveal("without", without.length > 0);
    this.screens.fill("gone", this.say("gone", { n: gone }));
    this.screens.reveal("gone", gone > 0);
  }

  /** A button for each run of letters. */
  offer() {
    const list = this.place.querySelector("[data-runs]");
    const icon = this.place.querySelector("template[data-print-icon]");
    const { length } = this.recipients;
    const made = runs(length).map(([first, last], at) => {
      const button = Object.assign(this.document.createElement("button"), { type: "button", className: at ? "button" : "button button--main" });
      Object.assign(button.dataset, { do: "print", first, last });
      const several = length > last || first > 1;
      button.append(icon.content.cloneNode(true), several ? this.say("print-run", { first, last }) : this.say("print-all", { n: last }));
      return button;
    });
    list.replaceChildren(...made);
  }

  stop(why, error = null) {
    this.screens.fill("stop-title", this.say(`${why}-title`));
    this.screens.fill("stop-say", this.say(why));
    this.screens.reveal("retry", why === "unreachable");
    this.screens.show("stopped");
    if (error && !(error instanceof Refused)) throw error;
  }

  explain(error) {
    if (error.code === "link") return this.stop("no-link");
    const code = REASONS[error.code] ?? error.code;
    let text = error.sentence || this.say("e-unknown");
    if (code === "no-such-voter") text = this.say("e-no-such-voter", { voter: error.voter });
    else if (error instanceof BadFile && error.voter) text = this.say("e-no-code-for", { voter: error.voter });
    else if (code && this.has(`e-${code}`)) text = this.say(`e-${code}`);
    // What a worker says of an error never holds a code; anything unforeseen is told by its kind only.
    this.screens.tell(text, error instanceof Refused || error instanceof BadFile ? "" : (error.kind ?? error.name));
  }
}

/** Brings the credential authority's page to life. @param {Document | Element} root */
export function attach(root) {
  for (const place of root.querySelectorAll("[data-authority]")) {
    new Desk(place, place.ownerDocument).start();
  }
}
