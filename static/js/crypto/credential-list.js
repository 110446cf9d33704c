// The public list of credentials, read piece by piece: it may be longer than any other record.

import { Malformed } from "./errors.js";

const TOKEN = /([[\],])|"([0-9A-Za-z,_+]{0,1400})"/y;
const SPACE = /[ \t\r\n]*/y;

/**
 * The texts of a JSON list of plain texts, one at a time, and where each ends: the list may be longer than any other
 * record, and what stands before a fault in it is still a list.
 */
export function* listed(body) {
  const source = new TextDecoder("latin1").decode(body);
  let expectedNext = "[";
  for (let place = 0; ;) {
    SPACE.lastIndex = place;
    SPACE.test(source);
    place = SPACE.lastIndex;
    if (place === source.length) break;
    TOKEN.lastIndex = place;
    const [, mark, value] = TOKEN.exec(source) ?? [];
    if (!expectedNext.includes(mark ?? '"') || (mark ?? value) === undefined) {
      throw new Malformed("a list of texts was expected");
    }
    place = TOKEN.lastIndex;
    if (mark === undefined) yield { value, end: place };
    expectedNext = { "[": '"]', ",": '"', "]": "!" }[mark] ?? ",]";
  }
  if (expectedNext !== "!") throw new Malformed("the list does not end");
}
