// What is new on the public board while somebody looks at it. Without a script the page is as it was when it came.

/** How many events stand on the board beyond those of the page. */
export function beyond(shown, size) {
  return Math.max(0, size - shown);
}

/** `words` with its {n}. @param {string} words @param {number} number @param {string} language of the reader */
export function filled(words, number, language) {
  return words.replace("{n}", number.toLocaleString(language));
}

/** The language of numbers on this page: Arabic-Indic digits unless the reader chose others. */
export function numerals(html) {
  if (html.lang !== "ar") return "en";
  return html.dataset.numerals === "latn" ? "ar-u-nu-latn" : "ar-u-nu-arab";
}

/** Puts a template's content into the status line, with its number; nothing when it says so already. */
function say(place, template, number, language) {
  const content = template.content.cloneNode(true);
  const words = content.firstChild;
  words.textContent = filled(words.textContent, number, language);
  place.replaceChildren(content);
}

/** Follows the events of an election. */
function follow(part) {
  const shown = Number(part.dataset.size);
  const place = part.querySelector("[data-live-says]");
  const many = part.querySelector("[data-live-many]");
  const moved = part.querySelector("[data-live-state]");
  const language = numerals(document.documentElement);
  let state = null;
  let told = 0;
  const source = new EventSource(part.dataset.live);
  const grown = (size) => {
    const news = beyond(shown, size);
    if (news <= told) return;
    told = news;
    say(place, many, news, language);
  };
  source.addEventListener("state", ({ data }) => {
    const now = JSON.parse(data);
    if (state !== null && now.state !== state) say(place, moved, 0, language);
    else grown(now.size);
    state = now.state;
  });
  source.addEventListener("board", ({ data }) => grown(JSON.parse(data).height + 1));
  addEventListener("pagehide", () => source.close(), { once: true });
}

export function attach(root) {
  if (!("EventSource" in globalThis)) return;
  for (const part of root.querySelectorAll("[data-live]")) follow(part);
}
