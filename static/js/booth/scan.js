// Reading the code from the picture in the letter, with what the browser itself brings. Where it has nothing, the buttons
// stay hidden. The picture of the camera never leaves the device and is kept nowhere.

const EVERY = 200;

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

/**
 * Looks through the camera until something is found or `signal` ends it (then null). The camera is let go in any case.
 * @param {HTMLVideoElement} video
 */
export async function throughCamera(reader, video, pick, signal, scope = globalThis) {
  const stream = await scope.navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment" } });
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const found = await inPicture(reader, video, pick);
      if (found) return found;
      await new Promise((resolve) => {
        scope.setTimeout(resolve, EVERY);
      });
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
