// The steps of the booth, drawn: each from the state that flow.js has, none of them knowing what comes next.

import { grouped } from "./code.js";
import { chosen, fault, hasBefore, isBlank, isSingle, next, stepOf } from "./flow.js";
import { addressesOf, fileName } from "./receipt.js";
import { openness, said } from "./record.js";
import { View } from "./view.js";

/** Refusals after which another ballot can do better; the others are the same for every ballot. */
const WORTH_ANOTHER = new Set(["unknown_credential", "other_credential", "spoiled", "malformed", "rejected"]);

/** Answers after which nobody may say that the ballot is not in the box. */
const IN_THE_BOX = new Set(["duplicate", "receipt"]);

/** Draws what flow.js says. */
export class Drawing extends View {
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

  draw_waiting() {
    this.put("waiting-since", this.moment(new Date(this.signed.at).toISOString()));
    this.groups("waiting", this.signed.seal);
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
    const mine = !this.state.resumed;
    const another = WORTH_ANOTHER.has(code) && openness(this.details, Date.now()) === "open";
    const then = IN_THE_BOX.has(code) ? "refused-look" : another && mine ? "refused-then" : "refused-over";
    this.put("refusal-then", this.say(then));
    this.$("[data-can-again]").hidden = !(another && mine);
    this.$("[data-can-begin]").hidden = !another || mine;
  }
}
