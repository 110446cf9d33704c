// An opened ballot, checked on a device that did not seal it. The file is read here and sent nowhere.

import { asking } from "./asking.js";
import { isBlank } from "./flow.js";
import { difference, inFours, isUuid, said } from "./record.js";
import { words } from "./words.js";

const MOST_BYTES = 32 << 20;

/** The mistake in a file, by the name of its sentence. */
class Wrong extends Error {
  constructor(word) {
    super(word);
    this.word = word;
  }
}

/** The JSON of an audit file. @param {string} text */
export function readAudit(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Wrong("not-a-file");
    throw error;
  }
  if (value?.format !== "sawtuna seal audit 1" || !isUuid(value.election_uuid)) throw new Wrong("not-a-file");
  return value;
}

/** Whether a typed code is this one, spaces and dashes of reading aside; null when nothing was typed. */
export function sameCode(typed, code) {
  const letters = typed.replace(/\s/g, "").replace(/=+$/, "");
  if (!letters) return null;
  return letters === code || letters.replaceAll("-", "+").replaceAll("_", "/") === code;
}

async function fetched(address, kind) {
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error instanceof TypeError) throw new Wrong("unreachable");
    throw error;
  }
  if (!response.ok) throw new Wrong(response.status === 404 ? "missing" : "unreachable");
  return response[kind]();
}

/** @param {Document} page */
export function attach(page) {
  const root = page.querySelector("[data-check]");
  const { documentElement: { lang: language } } = page;
  const { say } = words(page.querySelector("template[data-words]").content, language);
  const $ = (selector, within = root) => within.querySelector(selector);
  const made = (name) => page.querySelector(`template[data-template="${name}"]`).content.firstElementChild.cloneNode(true);
  const put = (name, text, within = root) => {
    $(`[data-slot="${name}"]`, within).textContent = text;
  };
  let ask = null;
  let code = "";

  const write = (element, text) => {
    const found = said(text, language);
    element.textContent = found.text;
    if (found.language !== language) {
      element.lang = found.language;
      element.dir = found.language === "ar" ? "rtl" : "ltr";
    }
  };

  const line = (name, text) => {
    const made_ = made(name);
    const place = made_.querySelector("b, span");
    if (typeof text === "string") place.textContent = text;
    else write(place, text);
    return made_;
  };

  const picks = (question, answers, row) => {
    if (isBlank(question, row)) return [line("pick", say("blank"))];
    const lines = row.slice(Number(question.blank)).flatMap((mark, place) => (mark ? [line("pick", answers[place])] : []));
    return lines.length ? lines : [line("unpicked", say("none"))];
  };

  const wrong = (text) => {
    const place = $('[data-error="file"]');
    place.hidden = !text;
    $("span", place).textContent = text ?? "";
    $("[data-drop]").classList.toggle("field--error", Boolean(text));
  };

  const verdict = (kind) => {
    for (const one of root.querySelectorAll("[data-verdict]")) one.hidden = one.dataset.verdict !== kind;
    $("[data-good]").hidden = kind !== "good";
    $("[data-found]").hidden = false;
    $(`[data-verdict="${kind}"] h2`).focus();
  };

  const check = async (text) => {
    const file = readAudit(text);
    const uuid = file.election_uuid;
    const [details, record] = await Promise.all([
      fetched(`/api/elections/${uuid}`, "json"),
      fetched(`/elections/${uuid}/election.json`, "arrayBuffer"),
    ]);
    ask ??= asking(new page.defaultView.Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    const loaded = await ask("load", { election: record });
    if (difference(details, loaded) !== null) throw new Wrong("differs");
    let opened;
    try {
      opened = await ask("verify", { file });
    } catch (error) {
      if (!["Malformed", "Rejected", "Unsupported"].includes(error.name)) throw error;
      const known = ["randomness", "mark", "election"].includes(error.code);
      put("why", known ? say(`why-${error.code}`) : say("why-other", { place: (error.place ?? []).join(".") || error.message }));
      verdict("bad");
      return;
    }
    code = opened.sealCode;
    $('[data-code="seal"]').replaceChildren(
      ...inFours(code).map((part) => Object.assign(page.createElement("span"), { textContent: part })),
    );
    write($('[data-slot="title"]'), details.title);
    put("fingerprint", loaded.fingerprint);
    $('[data-slot="answers"]').replaceChildren(
      ...opened.marks.map((row, index) => {
        const section = made("answer");
        put("number", say("place", { number: index + 1, total: opened.marks.length }), section);
        write($('[data-slot="question"]', section), details.questions[index].question);
        $('[data-slot="picks"]', section).replaceChildren(
          ...picks(loaded.questions[index], details.questions[index].answers, row),
        );
        return section;
      }),
    );
    compare();
    verdict("good");
  };

  const compare = () => {
    const same = sameCode($("#f-seal").value, code);
    const place = $('[data-slot="same"]');
    place.textContent = same === null ? "" : say(same ? "same" : "other-code");
    place.classList.toggle("booth__wrong", same === false);
  };

  const take = async (file) => {
    if (!file) return;
    $("[data-found]").hidden = true;
    wrong(null);
    const live = $("[data-live]");
    live.textContent = say("busy");
    try {
      if (file.size > MOST_BYTES) throw new Wrong("not-a-file");
      await check(await file.text());
    } catch (error) {
      const known = error instanceof Wrong ? error.word : error.code === "worker" ? "worker" : null;
      if (known === null) console.error(error);
      wrong(say(known ?? "broken"));
    } finally {
      live.textContent = "";
    }
  };

  const drop = $("[data-drop]");
  drop.hidden = false;
  // The same file once more is worth another look: the line may have been dead.
  $("#f-file").addEventListener("click", ({ target }) => {
    target.value = "";
  });
  $("#f-file").addEventListener("change", ({ target }) => take(target.files[0]));
  $("#f-seal").addEventListener("input", compare);
  for (const kind of ["dragover", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop") take(event.dataTransfer?.files[0]);
    });
  }
}

if (typeof document !== "undefined") attach(document);
