// The booth's page. It draws what flow.js says, asks the worker for everything that needs a key, and sends nothing but a
// sealed ballot, or the seal code of one that is to be opened.

import { asking } from "./asking.js";
import { codeIn } from "./code.js";
import { Entering } from "./entering.js";
import { fetched } from "./fetching.js";
import { begin, fault, hasBefore, resume, wouldLose } from "./flow.js";
import { orders } from "./order.js";
import { copy, fileName, isFor, save } from "./receipt.js";
import { difference, isUuid, openness } from "./record.js";
import { keeper, send, storeOf, waitOrOnline } from "./sending.js";

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

class Booth extends Entering {
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
    const { store, lasts } = storeOf(() => this.scope.sessionStorage);
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
      return this.draw({ quiet: true });
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

  /** What voters are given to read. The addresses are made here: what the portal says of them decides nothing. */
  documents(list) {
    this.$("[data-documents]").hidden = !list.length;
    this.$("[data-documents] ul").replaceChildren(
      ...list.map(({ title, sha256 }, index) => {
        const item = this.made("document");
        const link = this.$("a", item);
        this.write(link, title);
        link.href = `/elections/${this.uuid}/documents/${index + 1}`;
        this.put("digest", sha256, item);
        return item;
      }),
    );
  }

  /** What does not change from step to step. */
  describe() {
    const { details } = this;
    for (const place of this.$$('[data-slot="title"]')) this.write(place, details.title);
    for (const place of this.$$('[data-slot="description"]')) this.write(place, details.description);
    this.documents(details.documents ?? []);
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
    for (const button of this.$$("[data-when]")) button.hidden = !button.dataset.when.split(" ").includes(why);
    this.$("[data-head]").hidden = true;
    this.show("stopped");
  }

  // From step to step

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
    this.error("sealed", null);
    await this.ask("cancel");
  }

  async audit(button) {
    if (this.isBusy(button)) return;
    this.busy(button, true);
    this.error("sealed", null);
    const { sealCode } = this.sealed;
    const isHere = () => this.state.at === "sealed" && this.sealed?.sealCode === sealCode;
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
        if (!isHere()) return;
        const why = this.has(`refused-${code}`) ? this.say(`refused-${code}`) : detail;
        this.error("sealed", this.say("audit-refused", { why }));
        return;
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)) throw error;
      if (isHere()) this.error("sealed", this.say("audit-failed"));
      return;
    } finally {
      this.busy(button, false);
    }
    if (!isHere()) return; // gone on, or back, while the portal was asked: the seal is lost, and a new one can be made
    try {
      this.file = await this.ask("audit", { sealCode });
      const opened = await this.ask("verify", { file: this.file });
      if (opened.sealCode !== sealCode) throw new Error("another seal");
    } catch {
      this.error("sealed", this.say("audit-broken")); // whatever it was: this device does not do what it must
      return;
    }
    this.on("audited");
  }

  // Sending

  async send() {
    const { uuid } = this;
    const line = (text) => this.put("way", this.lasts ? text : `${text} ${this.say("not-kept")}`);
    this.$("[data-unreachable]").hidden = true;
    line(this.say("on-its-way"));
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
      this.returned = this.asked;
      this.asked = true;
      this.on("signin");
      return;
    }
    if (answer.kind === "refused") {
      const code = answer.code || (answer.status === 403 ? "agent" : "");
      if (code !== "paused") this.keeper.forget(); // after a pause the very same ballot can be sent again
      this.refusal = { code, detail: answer.detail };
      this.on("refused");
      return;
    }
    const { tracker, seal } = this.signed;
    const { receipt } = answer;
    const holds = isFor(receipt, { uuid, tracker, seal })
      && await this.ask("receipt", { receipt, key: this.details.receipt_key });
    if (!holds) { // the ballot stays in the tab: whoever looks into this may need it
      this.refusal = { code: "receipt", detail: this.say("wrong-receipt") };
      this.on("refused");
      return;
    }
    this.keeper.forget();
    this.accepted = answer;
    this.on("accepted");
  }

  // What the voter does

  /** Does it, or says that it cannot: a page that stands still without a word would be the worst of all. */
  async act(name, button) {
    try {
      await this.does(name, button);
    } catch (error) {
      this.stop("broken", error.message);
    }
  }

  async does(name, button) {
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
        if (!this.isBusy(this.$('[data-do="audit"]'))) this.on("cast");
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
        this.on("forward"); // back from signing in, or one that waited
        await this.send();
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

  /** From the beginning, if ballots are still taken: it may have been closed, or extended, since the page was opened. */
  async begin() {
    await this.renewTimes();
    const open = openness(this.details, Date.now());
    if (open !== "open") {
      this.stop(open);
      return;
    }
    this.keeper.forget();
    if (!this.orders.length) this.orders = orders(this.uuid, this.details.questions, this.store);
    this.on("begin");
  }

  /** The state and times as they are now. Texts stay those that were compared with the record. */
  async renewTimes() {
    let now;
    try {
      now = await fetched(`/api/elections/${this.uuid}`, "json");
    } catch {
      return; // without a line one may choose all the same: it is needed again only when the ballot is cast
    }
    const { state, paused, opens_at, closes_at } = now;
    Object.assign(this.details, { state, paused, opens_at, closes_at });
    this.put("closes", this.moment(closes_at));
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
      this.act("sign");
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
