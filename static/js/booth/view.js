// The booth's page as a thing to write on: places that are filled, errors, what is said to those who do not see.

import { inFours, said } from "./record.js";
import { moments, words } from "./words.js";

/** The page and its places. */
export class View {
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

  /** A button on whose work one waits; it stays focusable. */
  busy(button, is) {
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }

  isBusy(button) {
    return button.getAttribute("aria-busy") === "true";
  }
}
