// One thing a screen: which part of the page is shown, what stands in its places, what a person is told.

import { markBusy, markReady } from "../busy.js";

/** @param {HTMLElement} place holds elements with data-step, data-slot, data-do, and [data-says] for errors */
export class Screens {
  constructor(place, say) {
    Object.assign(this, { place, say });
    this.current = "";
    this.busy = false;
    /** What the page does by itself just now; a person's act waits for it. */
    this.pending = Promise.resolve();
    this.live = place.querySelector("[data-whisper]");
    this.error = place.querySelector("[data-says]");
  }

  /** Shows one screen. The focus goes to its heading when it is another one than before. */
  show(name) {
    if (name === this.current) return;
    const first = this.current === "";
    this.current = name;
    this.tell("");
    let heading;
    for (const step of this.place.querySelectorAll("[data-step]")) {
      step.hidden = step.dataset.step !== name;
      if (!step.hidden) heading = step.querySelector("h2");
    }
    const order = this.place.querySelector(`[data-step="${name}"]`)?.dataset.at ?? "";
    for (const item of this.place.querySelectorAll("[data-at-step]")) {
      if (item.dataset.atStep === order) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      const done = order !== "" && Number(item.dataset.atStep) < Number(order);
      item.toggleAttribute("data-done", done);
      item.querySelector("[data-done-word]").hidden = !done;
    }
    this.place.querySelector("[data-steps]").hidden = order === "";
    if (!first) heading?.focus();
  }

  /** Writes into every place of that name. */
  fill(name, text) {
    for (const slot of this.place.querySelectorAll(`[data-slot="${name}"]`)) slot.textContent = text;
  }

  /** Shows or hides what carries this name. */
  reveal(name, is) {
    for (const part of this.place.querySelectorAll(`[data-part="${name}"]`)) part.hidden = !is;
  }

  /** What went wrong, in a sentence, on top of the screen; "" takes it away. `more` is for who helps, in English. */
  tell(text, more = "") {
    this.error.hidden = !text;
    this.error.querySelector("[data-sentence]").textContent = text;
    const detail = this.error.querySelector("[data-more]");
    detail.textContent = more;
    detail.hidden = !more;
    if (text) this.error.scrollIntoView({ block: "nearest" });
  }

  /** How far a long work is. @param {number} done @param {number} total 0 when nobody knows */
  progress(words, done, total) {
    for (const bar of this.place.querySelectorAll(`[data-step="${this.current}"] progress`)) {
      if (total) Object.assign(bar, { max: total, value: done });
      else bar.removeAttribute("value");
    }
    this.fill("progress", words);
  }

  /**
   * Does one thing at a time: a second press while it runs is nothing.
   * @param {Element | null} button
   * @param {() => Promise<void>} work
   * @param {(error: Error) => void} explain
   */
  async once(button, work, explain) {
    if (this.busy) return;
    this.busy = true;
    this.tell("");
    const marked = button?.matches("button") ? button : null;
    if (marked) markBusy(marked);
    try {
      await this.pending;
      await work();
    } catch (error) {
      explain(error);
    } finally {
      if (marked) markReady(marked);
      this.busy = false;
    }
  }

  /** Says quietly what has happened, to who does not see it. */
  whisper(text) {
    this.live.textContent = text;
  }
}
