// Reading the code from the picture in the letter: with what the browser itself brings, or else with our own decoder in a
// worker (reading.js). The picture of the camera never leaves the device and is kept nowhere.

import { asking } from "./asking.js";

/** Milliseconds from one look through the camera to the next. */
const EVERY = 200;
/** How our decoder looks: the longest side it is given, in pixels, and the milliseconds it may spend on retries. */
const AT_FRAME = { side: 1000, patience: 100 };
const AT_PICTURE = { side: 2400, patience: 1500 };
/** Behind the phone, and finer than what a camera gives unasked. */
const CAMERA = { audio: false, video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } } };

/** A detector for QR codes, or null. @param {any} scope */
export async function detector(scope) {
  const Kind = scope.BarcodeDetector;
  if (typeof Kind !== "function") return null;
  try {
    const formats = await Kind.getSupportedFormats();
    return formats.includes("qr_code") ? new Kind({ formats: ["qr_code"] }) : null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return null; // there, and not usable here
    throw error;
  }
}

/** Whether there may be a camera to ask for. */
export const hasCamera = (scope) => typeof scope.navigator?.mediaDevices?.getUserMedia === "function";

/** Width and height that keep their shape within a longest side, in whole pixels. @returns {[number, number]} */
export function within(width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Our own decoder, as if it were the browser's: the worker is there from the first picture on. @param {any} scope */
export function decoder(scope) {
  const canvas = scope.document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let worker = null;
  let ask = null;

  const pixels = (source, width, height) => {
    Object.assign(canvas, { width, height });
    context.fillStyle = "#fff"; // what is transparent would be black
    context.fillRect(0, 0, width, height);
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };

  return {
    async detect(source) {
      const { side, patience } = source.videoWidth === undefined ? AT_PICTURE : AT_FRAME;
      const [width, height] = within(source.videoWidth ?? source.width, source.videoHeight ?? source.height, side);
      const data = pixels(source, width, height);
      if (!worker) {
        worker = new scope.Worker(new URL("./reading.js", import.meta.url), { type: "module" });
        ask = asking(worker);
      }
      try {
        return (await ask("decode", { width, height, data, patience })).map((rawValue) => ({ rawValue }));
      } catch (error) {
        worker?.terminate();
        worker = null; // another one is fetched the next time: the line may be back
        throw error;
      }
    },
  };
}

/** Reads with the browser's detector as long as there is one that works, and with our decoder otherwise. */
export function reader(scope, own = decoder(scope)) {
  let theirs;
  return {
    async detect(source) {
      theirs ??= detector(scope);
      const native = await theirs;
      if (!native) return own.detect(source);
      try {
        return await native.detect(source);
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        theirs = Promise.resolve(null); // it names the format, and the phone has no service for it
        return own.detect(source);
      }
    },
  };
}

/** The first text in a picture that `pick` accepts, or null. @param {(text: string) => string | null} pick */
export async function inPicture(reader, picture, pick) {
  for (const { rawValue } of await reader.detect(picture)) {
    const found = pick(rawValue);
    if (found) return found;
  }
  return null;
}

/** The same for a file that was chosen. */
export async function inFile(reader, file, pick, scope = globalThis) {
  const picture = await scope.createImageBitmap(file);
  try {
    return await inPicture(reader, picture, pick);
  } finally {
    picture.close();
  }
}

/** Waits, or until the signal. */
function pause(milliseconds, signal, scope) {
  return new Promise((resolve) => {
    const done = () => {
      scope.clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = scope.setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}

async function look(reader, video, pick, signal, scope) {
  await video.play();
  while (!signal.aborted && video.getClientRects().length) {
    const began = scope.performance.now();
    const found = await inPicture(reader, video, pick);
    if (found && !signal.aborted) return found;
    await pause(EVERY - (scope.performance.now() - began), signal, scope);
  }
  return null;
}

/**
 * Looks through the camera until something is found, or until `signal`, the end of the camera, or leaving the page or the
 * step ends it (then null). The camera is let go in any case.
 * @param {HTMLVideoElement} video
 */
export async function throughCamera(reader, video, pick, signal, scope = globalThis) {
  const stream = await scope.navigator.mediaDevices.getUserMedia(CAMERA);
  const over = new AbortController();
  const end = () => over.abort();
  const letGo = () => {
    for (const track of stream.getTracks()) track.stop();
    if (video.srcObject === stream) video.srcObject = null;
  };
  const until = { signal: over.signal };
  over.signal.addEventListener("abort", letGo);
  signal.addEventListener("abort", end, until);
  scope.addEventListener("pagehide", end, until);
  scope.document.addEventListener("visibilitychange", () => scope.document.hidden && end(), until);
  for (const track of stream.getTracks()) track.addEventListener("ended", end, until);
  try {
    if (signal.aborted) return null; // while the browser asked for leave
    video.srcObject = stream;
    return await look(reader, video, pick, over.signal, scope);
  } catch (error) {
    if (over.signal.aborted) return null; // what was under way has lost its picture
    throw error;
  } finally {
    end();
  }
}
