// The worker that reads square codes, so that the page does not stand still meanwhile. It is fetched when something is to be
// read and the browser brings no reader of its own. Messages {id, do, ...} are answered as crypto/serving.js says:
//
//   decode  {width, height, data, patience}  the texts in these pixels (RGBA); `patience` are the milliseconds for retries

import { decodeQRBatch } from "../../vendor/js/qr-decode.js";
import { serveIn, serving } from "../crypto/serving.js";

/** The worker's whole behaviour, without the worker. @param {(message: object) => void} post */
export function reading(post) {
  return serving(post, {
    async decode({ width, height, data, patience }) {
      const options = { maxSize: { width, height }, effort: Infinity, timeLimit: patience };
      const [found] = await decodeQRBatch([{ width, height, data }], options);
      return found.filter((text) => typeof text === "string");
    },
  });
}

serveIn(globalThis, reading);
