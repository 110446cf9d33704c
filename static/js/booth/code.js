// A voter's code while it is being typed: 22 letters and digits in groups of 5, 6, 5 and 6. What is wrong is said at once,
// letter by letter; whether a complete code is on the list only the election's record knows.

const GROUPS = [5, 6, 5, 6];
export const LENGTH = 22;
const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** What letters, readers and keyboards put between the letters, as crypto/credentials.js has it. */
const BETWEEN =
  /[\s\u001c-\u001f\u0085\u00ad\u061c\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\u2212\ufeff-]/g;

/** Digits of an Arabic keyboard are digits. */
function latinDigits(text) {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
}

/** What was typed, without what stands between the letters. @param {string} typed */
export function bare(typed) {
  return latinDigits(typed.replace(BETWEEN, ""));
}

/** In the groups of the letter, dashes between them; whatever is beyond stays at the end. @param {string} typed */
export function grouped(typed) {
  const letters = [...bare(typed)];
  const parts = [];
  for (const length of GROUPS) {
    if (!letters.length) break;
    parts.push(letters.splice(0, length).join(""));
  }
  return parts.join("-") + letters.join("");
}

/**
 * What is to be said about it: `kind` is "empty", "confusable" (0, O, I, l), "letters", "short", "long" or "whole";
 * `wrong` are the letters that no code has, each once; `found` is how many letters there are.
 * @param {string} typed
 * @returns {{kind: string, wrong: string[], found: number}}
 */
export function judged(typed) {
  const letters = [...bare(typed)];
  const wrong = [...new Set(letters.filter((letter) => !LETTERS.includes(letter)))];
  const found = letters.length;
  if (!found) return { kind: "empty", wrong, found };
  if (wrong.length) {
    const kind = wrong.every((letter) => "0OIl".includes(letter)) ? "confusable" : "letters";
    return { kind, wrong, found };
  }
  if (found < LENGTH) return { kind: "short", wrong, found };
  return { kind: found > LENGTH ? "long" : "whole", wrong, found };
}

/**
 * Where the caret belongs after grouping: behind as many letters as before. Who types stands behind a dash, and who
 * deletes before it: the dash would come back each time.
 */
export function caretAfter(text, letters, deletes = false) {
  let passed = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (passed === letters) return text[index] === "-" && !deletes ? index + 1 : index;
    if (text[index] !== "-") passed += 1;
  }
  return text.length;
}

/** The code in what a picture says: the code itself, or an address with the code behind its `#`. @param {string} text */
export function codeIn(text) {
  const candidate = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  return judged(candidate).kind === "whole" ? grouped(candidate) : null;
}
