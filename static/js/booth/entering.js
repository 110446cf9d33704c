// The voter's code: typed, pasted or scanned, judged while one types, and looked up before the seal is spent.

import { Failed } from "./asking.js";
import { bare, caretAfter, codeIn, grouped, judged } from "./code.js";
import { Drawing } from "./drawing.js";
import { fetched } from "./fetching.js";
import { hasCamera, inFile, reader, throughCamera } from "./scan.js";

/** How long after the last key the list of codes is asked, milliseconds. */
const REST = 250;

/** The field for the voter's code. */
export class Entering extends Drawing {
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
    } finally {
      this.busy(button, false);
    }
    if (!this.on("signing")) return; // from here on nothing leads back: what is signed is sent
    await this.signAndSend();
  }

  async signAndSend() {
    const { sealCode } = this.sealed;
    this.put("way", this.say("on-its-way"));
    this.$("[data-unreachable]").hidden = true;
    let made;
    try {
      made = await this.ask("cast", { sealCode, credential: this.code });
    } catch {
      this.on("unsigned"); // whatever it was: this seal is of no use any more
      this.wrongCode(this.say("seal-lost"));
      return;
    }
    this.signed = { ...made, seal: sealCode, at: Date.now() };
    this.sealed = null;
    this.lasts = this.keeper.keep(this.signed) && this.lasts;
    this.code = "";
    this.$("#f-code").value = "";
    this.on("signed", { kept: this.lasts });
    await this.send();
  }

  // Scanning

  readers() {
    this.reader ??= reader(this.scope);
    this.$("[data-camera]").hidden = !hasCamera(this.scope);
  }

  read(code) {
    if (this.state.at !== "code") return; // somebody has gone on meanwhile
    if (!code) {
      this.wrongCode(this.say("no-code-in-picture"));
      return;
    }
    const field = this.$("#f-code");
    field.value = code;
    this.typed(this.say("scanned"));
    field.focus();
  }

  /** Nothing could be read: says why, if it is something that happens. */
  unread(error, why) {
    if (error instanceof Failed) this.wrongCode(this.say("no-reader"));
    else if (error instanceof DOMException || error instanceof TypeError) this.wrongCode(this.say(why));
    else throw error;
  }

  async scan() {
    this.unscan();
    const looking = new AbortController();
    this.looking = looking;
    const viewer = this.$("[data-viewer]");
    viewer.hidden = false;
    this.$('[data-do="unscan"]').focus();
    this.wrongCode(null);
    let code = null;
    try {
      code = await throughCamera(this.reader, this.$("video", viewer), codeIn, looking.signal, this.scope);
    } catch (error) {
      this.unread(error, "no-camera");
    } finally {
      if (this.looking === looking) this.unscan();
    }
    if (code) this.read(code);
  }

  /** Lets go of the camera; who was at its button is led back to the one that calls it. */
  unscan() {
    this.looking?.abort();
    this.looking = null;
    const viewer = this.$("[data-viewer]");
    const within = viewer.contains(this.page.activeElement);
    viewer.hidden = true;
    if (within) this.$('[data-do="scan"]').focus();
  }

  async picture(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    this.wrongCode(null);
    this.put("code-state", this.say("reading"));
    let code = null;
    try {
      code = await inFile(this.reader, file, codeIn, this.scope);
    } catch (error) {
      this.put("code-state", "");
      this.unread(error, "no-code-in-picture"); // no picture at all
      return;
    }
    this.put("code-state", "");
    this.read(code);
  }
}
