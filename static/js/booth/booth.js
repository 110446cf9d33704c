// The booth's page. It draws what flow.js says, asks the worker for everything that needs a key, and sends nothing but a
// sealed ballot, or the seal code of one that is to be opened.

import { asking } from "./asking.js";
import { bare, caretAfter, codeIn, grouped, judged } from "./code.js";
import { begin, chosen, fault, hasBefore, isBlank, isSingle, next, resume, stepOf, wouldLose } from "./flow.js";
import { orders } from "./order.js";
import { addressesOf, copy, fileName, isFor, save } from "./receipt.js";
import { difference, inFours, isUuid, openness, said } from "./record.js";
import { detector, hasCamera, inFile, throughCamera } from "./scan.js";
import { keeper, send, storeOf, waitOrOnline } from "./sending.js";
import { moments, words } from "./words.js";

/** How long after the last key the list of codes is asked, milliseconds. */
const REST = 250;

/** Refusals after which another ballot can do better; the others are the same for every ballot. */
const WORTH_ANOTHER = new Set(["unknown_credential", "other_credential", "duplicate", "spoiled", "malformed", "rejected"]);

/** The code behind the `#` of the address, which is taken out of the address bar at once. @param {Window} scope */
export function takeCode(scope) {
  const { hash, pathname, search } = scope.location;
  if (!hash) return "";
  scope.history.replaceState(scope.history.state, "", pathname + search);
  try {
    return decodeURIComponent(hash.slice(1));
  } catch (error) {
    if (error instanceof URIError) return "";
    throw error;
  }
}

/** An answer of the portal as JSON; the status as `code` of the error otherwise. */
async function fetched(address, kind) {
  const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" });
  if (!response.ok) throw Object.assign(new Error(`${response.status} from ${address}`), { status: response.status });
  return response[kind]();
}

class Booth {
  /** @param {Document} page */
  constructor(page) {
    this.page = page;
    this.scope = page.defaultView;
    this.main = page.querySelector("main");
    this.language = page.documentElement.lang;
    const zone = this.main.dataset.zone;
    Object.assign(this, words(page.querySelector("template[data-words]").content, this.language));
    Object.assign(this, moments(this.language, zone));
    this.title = page.title;
    this.code = "";
    this.fromLetter = false;
    this.orders = [];
    this.shown = null;
  }

  $(selector, root = this.main) {
    return root.querySelector(selector);
  }

  $$(selector, root = this.main) {
    return [...root.querySelectorAll(selector)];
  }

  /** Fills every place of this name. */
  put(name, text, root = this.main) {
    for (const place of this.$$(`[data-slot="${name}"]`, root)) place.textContent = text;
  }

  /** A text of the election, in the reader's language or in the one there is, marked as such. */
  write(element, text) {
    const found = said(text, this.language);
    element.textContent = found.text;
    if (found.language === this.language) {
      element.removeAttribute("lang");
      element.removeAttribute("dir");
    } else {
      element.lang = found.language;
      element.dir = found.language === "ar" ? "rtl" : "ltr";
    }
  }

  /** A copy of a template's element. @returns {HTMLElement} */
  made(name) {
    return this.$(`template[data-template="${name}"]`).content.firstElementChild.cloneNode(true);
  }

  /** Says something to those who do not see the page change. */
  tell(text) {
    const live = this.$("[data-live]");
    live.textContent = "";
    this.scope.setTimeout(() => {
      live.textContent = text;
    }, 50);
  }

  error(name, text) {
    const place = this.$(`[data-error="${name}"]`);
    const line = this.$("span", place);
    if (!place.hidden && line.textContent === text) return; // or it would be read out at every key
    place.hidden = !text;
    line.textContent = text ?? "";
  }

  groups(name, code) {
    for (const place of this.$$(`[data-code="${name}"]`)) {
      place.replaceChildren(...inFours(code).map((part) => Object.assign(this.page.createElement("span"), { textContent: part })));
    }
  }

  link(name, address) {
    for (const element of this.$$(`[data-link="${name}"]`)) {
      element.href = address;
      element.hidden = false;
    }
  }

  // Beginning

  async open() {
    this.code = codeIn(takeCode(this.scope)) ?? "";
    this.fromLetter = Boolean(this.code);
    this.$("[data-busy]").hidden = false;
    const uuid = new URLSearchParams(this.scope.location.search).get("election");
    for (const element of this.$$('[data-link="board"]')) element.hidden = true;
    this.other(uuid);
    if (!isUuid(uuid)) return this.stop("missing");
    this.uuid = uuid;
    const { store, lasts } = storeOf(this.scope);
    this.store = store;
    this.lasts = lasts;
    this.keeper = keeper(uuid, store);
    let details, record;
    try {
      [details, record] = await Promise.all([
        fetched(`/api/elections/${uuid}`, "json"),
        fetched(`/elections/${uuid}/election.json`, "arrayBuffer"),
      ]);
    } catch (error) {
      return this.stop(error.status === 404 ? "missing" : "unreachable");
    }
    this.details = details;
    this.link("page", `/elections/${uuid}`);
    this.link("board", `/elections/${uuid}/board`);
    let loaded;
    try {
      this.ask = asking(new this.scope.Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
      loaded = await this.ask("load", { election: record });
    } catch (error) {
      if (error.code === "unsupported") return this.stop("unsupported");
      if (error.code === "worker" || error instanceof TypeError || error instanceof DOMException) return this.stop("worker");
      return this.stop("differs", error.message);
    }
    const place = difference(details, loaded);
    if (place !== null) return this.stop("differs", place);
    this.questions = loaded.questions;
    this.fingerprint = loaded.fingerprint;
    this.describe();
    const waiting = this.keeper.kept();
    if (waiting) {
      this.signed = waiting;
      this.state = resume(this.questions);
      this.draw();
      return this.send(this.say("resumed"));
    }
    const open = openness(details, Date.now());
    if (open !== "open") return this.stop(open);
    this.state = begin(this.questions);
    this.orders = orders(uuid, details.questions, store);
    return this.draw({ quiet: true });
  }

  /** The same page in the other language; the code from the letter goes with it. */
  other(uuid) {
    const link = this.page.querySelector("[data-other]");
    if (isUuid(uuid)) link.search = `?election=${uuid}`;
    link.addEventListener("click", (event) => {
      if (!this.code || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.scope.location.assign(`${link.href}#${this.code}`);
    });
  }

  /** What does not change from step to step. */
  describe() {
    const { details } = this;
    for (const place of this.$$('[data-slot="title"]')) this.write(place, details.title);
    for (const place of this.$$('[data-slot="description"]')) this.write(place, details.description);
    this.put("closes", this.moment(details.closes_at));
    this.put("fingerprint", this.fingerprint);
    this.$("[data-test]").hidden = !details.test;
    this.$("[data-head]").hidden = false;
    this.$("[data-asks-sign-in]").hidden = !details.sign_in;
    this.link("archive", details.links.archive);
    const check = new URL(`/booth/${this.language}/check`, this.scope.location.href);
    this.link("check", check.pathname);
    for (const element of this.$$('[data-link="check"]')) element.textContent = check.href;
    const here = `/booth/${this.language}?election=${this.uuid}`;
    this.link("signin", `/account/sign-in?${new URLSearchParams({ next: here })}`);
    this.put("archive-name", `${this.uuid}.bel`);
  }

  /** Why there is nothing to vote on. */
  stop(why, more = "") {
    const { opens_at: opens, closes_at: closes } = this.details ?? {};
    const values = { opens: opens ? this.moment(opens) : "", closes: closes ? this.moment(closes) : "" };
    this.put("stop-title", this.say(`stop-${why}-title`));
    this.put("stop-say", this.say(`stop-${why}-say`, values));
    const place = this.$('[data-slot="stop-more"]');
    place.textContent = more;
    place.hidden = !more;
    for (const button of this.$$("[data-when]")) button.hidden = button.dataset.when !== why;
    this.$("[data-head]").hidden = true;
    this.show("stopped");
  }

  // Drawing

  /** Shows one step; the focus goes to its heading. */
  show(name, { quiet = false } = {}) {
    let heading;
    for (const section of this.$$("[data-step]")) {
      section.hidden = section.dataset.step !== name;
      if (!section.hidden) heading = this.$("h1", section);
    }
    this.page.title = `${heading.textContent.trim()} · ${this.title}`;
    if (!quiet) {
      this.scope.scrollTo(0, 0);
      heading.focus({ preventScroll: true });
    }
  }

  steps() {
    const now = stepOf(this.state);
    this.$$(".steps > li").forEach((item, index) => {
      const done = index < now;
      if (done) item.dataset.state = "done";
      else delete item.dataset.state;
      if (index === now) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      this.$("[data-done]", item).hidden = !done;
    });
  }

  /** Draws the state. A step that is on the screen already is not built anew: focus and scroll stay. */
  draw(options = {}) {
    const { at, question } = this.state;
    const shown = `${at} ${at === "choose" ? question : ""}`;
    const isNew = shown !== this.shown;
    this.shown = shown;
    this.steps();
    if (isNew) this[`draw_${at}`]?.();
    if (at === "choose") this.refresh();
    if (isNew) this.show(at, options);
    this.hold();
  }

  /** One entry in the browser's history, so that its button for going back means the step before and not the page before. */
  hold() {
    const { history } = this.scope;
    if (hasBefore(this.state) && history.state?.booth !== "inside") history.pushState({ booth: "inside" }, "");
  }

  /** The browser's button for going back. */
  async goBack() {
    if (!this.state || this.scope.location.hash) return; // a code that was scanned, which the address shows for a moment
    if (!hasBefore(this.state)) {
      this.scope.history.back();
      return;
    }
    await this.act(this.state.at === "sealing" ? "stop" : "back");
    this.hold();
  }

  /** Something happened: the next state, drawn. @returns {boolean} whether it was another */
  on(type, more = {}) {
    const before = this.state;
    this.state = next(before, { type, ...more }, this.questions);
    if (this.state === before) return false;
    this.draw();
    return true;
  }

  draw_choose() {
    const { question: index } = this.state;
    const question = this.questions[index];
    const shown = this.details.questions[index];
    for (const place of this.$$('[data-step="choose"] [data-slot="question"]')) this.write(place, shown.question);
    this.put("place", this.place(index), this.$('[data-step="choose"]'));
    this.put("limits", this.limits(question));
    this.error("choose", null);
    const first = index === 0 && !this.state.reviewing;
    for (const element of this.$$('[data-step="choose"] [data-first]')) element.hidden = !first;
    for (const element of this.$$('[data-step="choose"] [data-later]')) element.hidden = first;
    const last = this.state.reviewing || index + 1 === this.questions.length;
    this.put("forward", this.say(last ? "to-review" : "next"));
    const options = (this.orders[index] ?? shown.answers.map((_, place) => place)).map((answer) => {
      const label = this.option(question, answer + Number(question.blank));
      this.write(this.$("b", label), shown.answers[answer]);
      return label;
    });
    if (question.blank) {
      const label = this.option(question, 0);
      label.classList.add("option--blank");
      this.$("b", label).textContent = this.say("blank");
      const note = Object.assign(this.page.createElement("small"), { textContent: this.say("blank-note") });
      this.$("span", label).append(note);
      options.push(label);
    }
    this.$('[data-slot="options"]').replaceChildren(...options);
  }

  /** One box of a question; `place` is that among the marks. */
  option(question, place) {
    const label = this.made("option");
    const input = this.$("input", label);
    input.type = isSingle(question) ? "radio" : "checkbox";
    input.value = String(place);
    input.addEventListener("change", () => {
      const blankBefore = isBlank(question, this.marks());
      const number = chosen(question, this.marks());
      this.on("mark", { place, on: input.checked });
      if (!isSingle(question) && input.checked && question.blank && (place === 0 ? number > 0 : blankBefore)) {
        this.tell(this.say("blank-cleared"));
      }
    });
    return label;
  }

  marks() {
    return this.state.marks[this.state.question];
  }

  /** Boxes and sentences as the marks are. */
  refresh() {
    const question = this.questions[this.state.question];
    const marks = this.marks();
    for (const input of this.$$('[data-slot="options"] input')) input.checked = marks[Number(input.value)] === 1;
    const number = chosen(question, marks);
    let text = number && !isSingle(question) ? this.say("chosen", { n: number }) : "";
    if (isBlank(question, marks)) text = this.say("blank-chosen");
    const place = this.$('[data-slot="chosen"]');
    if (place.textContent !== text) place.textContent = text;
    const wrong = fault(question, marks);
    // Too many is said at once, too few only when somebody wants to go on.
    if (wrong === "many") this.error("choose", this.say("many", { n: question.max }));
    else if (!wrong || !this.insisted) this.error("choose", null);
    if (!wrong) this.insisted = false;
  }

  place(index) {
    const total = this.questions.length;
    return total === 1 ? this.say("one-question") : this.say("place", { number: index + 1, total });
  }

  limits({ min, max, blank }) {
    const line = min === max ? this.say("exactly", { n: max })
      : min === 0 ? this.say("upto", { n: max })
      : this.say("between", { min, n: max });
    return blank ? `${line} ${this.say("none-or-blank")}` : line;
  }

  /** What is chosen, question by question. */
  answers(name, marks, more = () => {}) {
    const sections = marks.map((row, index) => {
      const section = this.made("answer");
      this.put("number", this.place(index), section);
      this.write(this.$('[data-slot="question"]', section), this.details.questions[index].question);
      this.$('[data-slot="picks"]', section).replaceChildren(...this.picks(index, row));
      more(section, index);
      return section;
    });
    this.$(`[data-slot="${name}"]`).replaceChildren(...sections);
  }

  picks(index, row) {
    const question = this.questions[index];
    const picked = (text) => {
      const line = this.made("pick");
      if (typeof text === "string") this.$("b", line).textContent = text;
      else this.write(this.$("b", line), text);
      return line;
    };
    if (isBlank(question, row)) return [picked(this.say("blank"))];
    const { answers } = this.details.questions[index];
    const lines = row.slice(Number(question.blank)).flatMap((mark, place) => (mark ? [picked(answers[place])] : []));
    if (lines.length) return lines;
    const none = this.made("unpicked");
    this.$("span", none).textContent = this.say("none");
    return [none];
  }

  draw_review() {
    this.error("review", null);
    this.answers("answers", this.state.marks, (section, index) => {
      const question = said(this.details.questions[index].question, this.language).text;
      this.put("which", this.say("which", { question }), section);
      this.$("button", section).addEventListener("click", () => this.on("change", { question: index }));
    });
  }

  draw_sealed() {
    this.error("sealed", null);
    this.groups("seal", this.sealed.sealCode);
  }

  draw_opened() {
    const { file } = this;
    this.groups("opened", this.sealed.sealCode);
    this.put("audit-name", fileName("audit", this.sealed.sealCode));
    this.answers("opened", file.marks, (section, index) => {
      this.$("button", section).closest("p").remove();
      const question = this.questions[index];
      const { answers } = this.details.questions[index];
      const values = file.randomness[index].map((value, place) => {
        const line = this.made("value");
        const answer = place - Number(question.blank);
        if (answer < 0) this.$("p", line).textContent = this.say("blank");
        else this.write(this.$("p", line), answers[answer]);
        this.$(".hash", line).textContent = value;
        return line;
      });
      const fold = this.made("randomness");
      this.$("ul", fold).replaceChildren(...values);
      section.append(fold);
    });
  }

  draw_code() {
    const field = this.$("#f-code");
    if (this.code) field.value = grouped(this.code);
    this.error("code", null);
    this.put("code-state", "");
    this.$("[data-voted]").hidden = true;
    this.busy(this.$('[data-do="sign"]'), false);
    if (field.value) this.typed(this.fromLetter ? this.say("from-letter") : "");
    this.fromLetter = false;
    this.readers();
  }

  draw_signin() {
    this.error("signin", this.returned ? this.say("signin-needed") : null);
    for (const element of this.$$("[data-unkept]")) element.hidden = this.lasts;
    if (!this.lasts) for (const link of this.$$('[data-link="signin"]')) link.target = "_blank";
  }

  draw_receipt() {
    const { receipt, again, replaces } = this.accepted;
    const { page, picture } = addressesOf(receipt);
    this.groups("tracker", receipt.tracker);
    this.put("height", String(receipt.height));
    this.put("replaces", replaces === null ? "" : String(replaces));
    this.$("[data-replaces]").hidden = replaces === null;
    this.put("day", this.day(Date.now()));
    this.put("seal", receipt.seal);
    this.put("key", receipt.key);
    this.put("revote", this.say("revote", { moment: this.moment(this.details.closes_at) }));
    const line = this.$('[data-slot="received"]');
    line.textContent = [again && this.say("same"), replaces !== null && this.say("replaced")].filter(Boolean).join(" ");
    line.hidden = !line.textContent;
    this.link("receipt", page);
    this.$("[data-picture-of-receipt]").src = picture;
  }

  draw_refused() {
    const { code, detail } = this.refusal;
    const word = `refused-${code}`;
    this.put("refusal", this.has(word) ? this.say(word) : detail);
    const mine = this.state.marks.some((row) => row.includes(1)) || this.questions.every(({ min }) => min === 0);
    const another = WORTH_ANOTHER.has(code) && openness(this.details, Date.now()) === "open";
    this.put("refusal-then", this.say(another && mine ? "refused-then" : "refused-over"));
    this.$("[data-can-again]").hidden = !(another && mine);
    this.$("[data-can-begin]").hidden = !another || mine;
  }

  /** A button on whose work one waits; it stays focusable. */
  busy(button, is) {
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }

  isBusy(button) {
    return button.getAttribute("aria-busy") === "true";
  }

  // Sealing

  async seal() {
    const bar = this.$("[data-progress]");
    let told = -1;
    const report = ({ done, total }) => {
      const percent = Math.floor((100 * done) / total);
      bar.value = percent;
      this.put("progress", this.say("progress", { percent }));
      // Every quarter is enough for those who listen.
      if (Math.floor(percent / 25) !== told) {
        told = Math.floor(percent / 25);
        this.tell(this.say("progress", { percent }));
      }
    };
    report({ done: 0, total: 1 });
    try {
      this.sealed = await this.ask("seal", { marks: this.state.marks }, report);
    } catch (error) {
      if (error.name === "AbortError") return; // the voter stopped it, or another sealing has taken its place
      this.on("failed");
      this.error("review", this.say("seal-failed"));
      return;
    }
    if (this.on("sealed")) this.tell(this.say("sealed"));
  }

  async drop() {
    this.sealed = null;
    await this.ask("cancel");
  }

  async audit(button) {
    if (this.isBusy(button)) return;
    this.busy(button, true);
    this.error("sealed", null);
    const { sealCode } = this.sealed;
    try {
      const response = await fetch(`/api/elections/${this.uuid}/audits`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ seal: sealCode }),
        credentials: "same-origin",
        redirect: "error",
      });
      if (!response.ok) {
        const { detail = "", code = "" } = await response.json();
        const why = this.has(`refused-${code}`) ? this.say(`refused-${code}`) : detail;
        this.error("sealed", this.say("audit-refused", { why }));
        return;
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)) throw error;
      this.error("sealed", this.say("audit-failed"));
      return;
    } finally {
      this.busy(button, false);
    }
    try {
      this.file = await this.ask("audit");
      const opened = await this.ask("verify", { file: this.file });
      if (opened.sealCode !== sealCode) throw new Error("another seal");
    } catch {
      this.error("sealed", this.say("audit-broken")); // whatever it was: this device does not do what it must
      return;
    }
    this.on("audited");
  }

  // The code

  /** The field has changed: group it, judge it, and ask the list when it is whole. */
  typed(note = "", deletes = false) {
    const field = this.$("#f-code");
    const before = bare(field.value.slice(0, field.selectionStart ?? field.value.length)).length;
    const text = grouped(field.value);
    if (text !== field.value) {
      field.value = text;
      if (this.page.activeElement === field) {
        const caret = caretAfter(text, before, deletes);
        field.setSelectionRange(caret, caret);
      }
    }
    this.code = codeIn(text) ?? "";
    this.listed = null;
    this.$("[data-voted]").hidden = true;
    this.scope.clearTimeout(this.resting);
    const { kind, wrong, found } = judged(text);
    this.wrongCode(["confusable", "letters"].includes(kind) ? this.say(kind, { letters: wrong.join(" ") })
      : kind === "long" ? this.say("long", { n: found - 22 }) : null);
    this.put("code-state", kind === "short" ? this.say("short", { n: 22 - found }) : kind === "whole" ? note || this.say("whole") : "");
    if (kind === "whole") this.resting = this.scope.setTimeout(() => this.look(note), REST);
  }

  wrongCode(text) {
    this.error("code", text);
    this.$('[data-field="code"]').classList.toggle("field--error", Boolean(text));
    if (text) this.$("#f-code").setAttribute("aria-invalid", "true");
    else this.$("#f-code").removeAttribute("aria-invalid");
  }

  /** Whether the list of the election has this code. @returns {Promise<boolean>} */
  async look(note = "") {
    const { code } = this;
    if (this.listed !== null) return this.listed;
    this.put("code-state", this.say("looking"));
    let found;
    try {
      const { publicCredential } = await this.ask("credential", { typed: code });
      const digest = new Uint8Array(await this.scope.crypto.subtle.digest("SHA-256", new TextEncoder().encode(publicCredential)));
      const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      found = await fetched(`/api/elections/${this.uuid}/codes/${hex}`, "json");
    } catch (error) {
      if (this.code !== code) return false;
      this.put("code-state", "");
      this.wrongCode(this.say("unasked"));
      return false;
    }
    if (this.code !== code) return false; // somebody has typed on meanwhile
    this.listed = found.listed === true;
    this.put("code-state", this.listed ? [note, this.say("listed")].filter(Boolean).join(" ") : "");
    this.wrongCode(this.listed ? null : this.say("unlisted"));
    this.$("[data-voted]").hidden = !(this.listed && found.height !== null);
    return this.listed;
  }

  async sign() {
    const button = this.$('[data-do="sign"]');
    if (this.isBusy(button)) return;
    const field = this.$("#f-code");
    this.typed();
    const { kind, found } = judged(field.value);
    if (kind !== "whole") {
      if (kind === "empty") this.wrongCode(this.say("empty"));
      if (kind === "short") this.wrongCode(this.say("short", { n: 22 - found }));
      field.focus();
      return;
    }
    this.scope.clearTimeout(this.resting);
    this.busy(button, true);
    try {
      if (!(await this.look())) {
        if (this.state.at === "code") field.focus();
        return;
      }
      if (this.state.at !== "code") return;
      const { sealCode } = this.sealed;
      const { ballot, tracker } = await this.ask("cast", { credential: this.code });
      this.signed = { ballot, tracker, seal: sealCode };
      this.sealed = null;
      this.lasts = this.keeper.keep(this.signed) && this.lasts;
      this.code = "";
      field.value = "";
    } finally {
      this.busy(button, false);
    }
    this.on("signed", { kept: this.lasts });
    await this.send(this.say("on-its-way"));
  }

  // Scanning

  async readers() {
    this.reader ??= await detector(this.scope);
    this.$("[data-scan]").hidden = !this.reader;
    this.$("[data-camera]").hidden = !(this.reader && hasCamera(this.scope));
  }

  read(code) {
    if (!code) {
      this.wrongCode(this.say("no-code-in-picture"));
      return;
    }
    const field = this.$("#f-code");
    field.value = code;
    this.typed(this.say("scanned"));
    field.focus();
  }

  async scan() {
    this.unscan();
    const looking = new AbortController();
    this.looking = looking;
    const viewer = this.$("[data-viewer]");
    viewer.hidden = false;
    try {
      const code = await throughCamera(this.reader, this.$("video", viewer), codeIn, looking.signal, this.scope);
      if (code) this.read(code);
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      this.wrongCode(this.say("no-camera"));
    } finally {
      if (this.looking === looking) viewer.hidden = true;
    }
  }

  unscan() {
    this.looking?.abort();
    this.looking = null;
    this.$("[data-viewer]").hidden = true;
  }

  async picture(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      this.read(await inFile(this.reader, file, codeIn, this.scope));
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      this.read(null); // no picture at all
    }
  }

  // Sending

  async send(first) {
    const { uuid } = this;
    const line = (text) => this.put("way", this.lasts ? text : `${text} ${this.say("not-kept")}`);
    this.$("[data-unreachable]").hidden = true;
    line(first);
    const answer = await send(`/api/elections/${uuid}/ballots`, this.signed.ballot, {
      fetch: (...request) => fetch(...request),
      wait: (milliseconds) => waitOrOnline(milliseconds, this.scope),
      onAgain: (repetition) => {
        const text = this.say("again", { number: repetition + 1 });
        line(text);
        this.tell(text);
      },
    });
    if (answer.kind === "unreachable") {
      line(this.say("unreachable"));
      this.tell(this.say("unreachable"));
      this.$("[data-unreachable]").hidden = false;
      return;
    }
    if (answer.kind === "refused" && answer.code === "sign_in") {
      this.returned = first !== this.say("on-its-way") || this.asked;
      this.asked = true;
      this.on("signin");
      return;
    }
    this.keeper.forget();
    if (answer.kind === "refused") {
      const code = answer.code || (answer.status === 403 ? "agent" : "");
      this.refusal = { code, detail: answer.detail };
      this.on("refused");
      return;
    }
    const { tracker, seal } = this.signed;
    if (!isFor(answer.receipt, { uuid, tracker, seal })) {
      this.refusal = { code: "", detail: this.say("wrong-receipt") };
      this.on("refused");
      return;
    }
    this.accepted = answer;
    this.on("accepted");
  }

  // What the voter does

  async act(name, button) {
    switch (name) {
      case "forward":
        if (this.state.at === "choose") this.forward();
        else if (this.on("forward")) await this.seal();
        break;
      case "back":
        this.unscan();
        if (this.state.at === "sealed") await this.drop();
        this.on("back");
        break;
      case "stop":
        await this.drop();
        this.on("back");
        break;
      case "again":
        if (this.on("again")) await this.seal();
        break;
      case "change":
        this.on("change", { question: 0 });
        break;
      case "begin":
        await this.begin();
        break;
      case "cast":
        this.on("cast");
        break;
      case "audit":
        await this.audit(button);
        break;
      case "sign":
        await this.sign();
        break;
      case "scan":
        await this.scan();
        break;
      case "unscan":
        this.unscan();
        break;
      case "resend":
        this.on("forward"); // back from signing in
        await this.send(this.say("on-its-way"));
        break;
      case "save-audit":
        save(this.page, fileName("audit", this.sealed.sealCode), this.file);
        break;
      case "save-receipt":
        save(this.page, fileName("receipt", this.accepted.receipt.tracker), this.accepted.receipt);
        break;
      case "print":
        this.scope.print();
        break;
      case "reload":
        this.scope.location.reload();
        break;
      default:
        throw new Error(`the booth cannot “${name}”`);
    }
  }

  forward() {
    const question = this.questions[this.state.question];
    const wrong = fault(question, this.marks());
    if (wrong) {
      this.insisted = true;
      this.error("choose", wrong === "few" ? this.say("few", { n: question.min }) : this.say("many", { n: question.max }));
      this.$('[data-slot="options"] input:checked, [data-slot="options"] input').focus();
      return;
    }
    this.on("forward");
  }

  /** From the beginning, if ballots are still taken. */
  async begin() {
    const open = openness(this.details, Date.now());
    if (open !== "open") {
      this.stop(open);
      return;
    }
    if (!this.orders.length) this.orders = orders(this.uuid, this.details.questions, this.store);
    this.on("begin");
  }

  async copied(button) {
    const code = button.dataset.copy === "seal" ? this.sealed.sealCode : this.accepted.receipt.tracker;
    this.tell(this.say((await copy(this.page, code)) ? "copied" : "not-copied"));
  }

  listen() {
    this.main.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do], [data-copy]");
      if (!button) return;
      if (button.dataset.copy) this.copied(button);
      else this.act(button.dataset.do, button);
    });
    this.$('[data-form="choose"]').addEventListener("submit", (event) => {
      event.preventDefault();
      this.forward();
    });
    this.$('[data-form="code"]').addEventListener("submit", (event) => {
      event.preventDefault();
      this.sign();
    });
    this.$("#f-code").addEventListener("input", (event) => {
      if (!event.isComposing) this.typed("", event.inputType?.startsWith("delete"));
    });
    this.$("[data-picture]").addEventListener("change", (event) => this.picture(event.target));
    this.scope.addEventListener("beforeunload", (event) => {
      if (this.state && wouldLose(this.state)) event.preventDefault();
    });
    // A page that comes back out of the browser's memory shows what may have been done elsewhere meanwhile.
    this.scope.addEventListener("pageshow", (event) => {
      if (event.persisted && this.state?.at === "signin") this.scope.location.reload();
    });
    this.scope.addEventListener("popstate", () => this.goBack());
    // A code that is scanned while the booth is open: the address changes behind the `#` only.
    this.scope.addEventListener("hashchange", () => {
      const code = codeIn(takeCode(this.scope));
      if (!code) return;
      this.code = code;
      this.fromLetter = true;
      if (this.state?.at === "code") this.draw_code();
    });
  }
}

/** Brings the booth to life. @param {Document} page */
export function attach(page) {
  const booth = new Booth(page);
  booth.listen();
  return booth.open();
}

if (typeof document !== "undefined") attach(document);
