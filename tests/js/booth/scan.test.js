import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { test } from "node:test";
import { Failed } from "../../../static/js/booth/asking.js";
import { decoder, inFile, inPicture, reader, throughCamera, within } from "../../../static/js/booth/scan.js";

const pick = (text) => (text.startsWith("#") ? text.slice(1) : null);
const says = (...texts) => ({ detect: async () => texts.map((rawValue) => ({ rawValue })) });

/** A browser whose detector does this with a picture. */
const browser = (detect, formats = ["qr_code"]) => ({
  BarcodeDetector: class {
    static getSupportedFormats = async () => formats;
    detect = detect;
  },
});

/** A page with a camera: `tracks` are what it films with. */
function filming() {
  const track = Object.assign(new EventTarget(), { stopped: false, stop: () => Object.assign(track, { stopped: true }) });
  const scope = Object.assign(new EventTarget(), {
    clearTimeout,
    document: Object.assign(new EventTarget(), { hidden: false }),
    navigator: { mediaDevices: { getUserMedia: async () => ({ getTracks: () => [track] }) } },
    performance,
    setTimeout,
  });
  const video = { getClientRects: () => [{}], play: async () => {}, srcObject: null };
  return { scope, track, video };
}

test("the browser's own detector reads where there is one", async () => {
  const own = { detect: () => assert.fail("ours is not needed") };
  assert.deepEqual(await reader(browser(async () => [{ rawValue: "theirs" }]), own).detect({}), [{ rawValue: "theirs" }]);
});

test("our decoder reads where the browser has no detector, or none for square codes", async () => {
  for (const scope of [{}, browser(() => assert.fail("it reads something else"), ["ean_13"])]) {
    assert.equal(await inPicture(reader(scope, says("#ours")), {}, pick), "ours");
  }
});

test("our decoder takes over where the browser's detector has no service behind it", async () => {
  let asked = 0;
  const scope = browser(async () => {
    asked += 1;
    throw new DOMException("Barcode detection service unavailable.", "NotSupportedError");
  });
  const mixed = reader(scope, says("#ours"));
  assert.equal(await inPicture(mixed, {}, pick), "ours");
  assert.equal(await inPicture(mixed, {}, pick), "ours");
  assert.equal(asked, 1);
});

test("of several texts the one with a code is taken, and a picture is closed in any case", async () => {
  let closed = 0;
  const scope = { createImageBitmap: async () => ({ close: () => (closed += 1) }) };
  assert.equal(await inFile(says("elsewhere", "#code"), {}, pick, scope), "code");
  assert.equal(await inFile(says("elsewhere"), {}, pick, scope), null);
  await assert.rejects(inFile({ detect: async () => { throw new TypeError("no picture"); } }, {}, pick, scope));
  assert.equal(closed, 3);
});

test("what is decoded keeps its shape and is not larger than wanted", () => {
  assert.deepEqual(within(1280, 720, 1000), [1000, 563]);
  assert.deepEqual(within(3000, 4000, 2400), [1800, 2400]);
  assert.deepEqual(within(640, 480, 1000), [640, 480]);
  assert.deepEqual(within(5000, 1, 1000), [1000, 1]);
});

test("a worker that could not be loaded is fetched anew with the next picture", async () => {
  const context = { drawImage: () => {}, fillRect: () => {}, getImageData: () => ({ data: [] }) };
  const workers = [];
  class Worker extends EventTarget {
    constructor() {
      super();
      workers.push(this);
    }
    postMessage({ id }) {
      const heard = workers.length === 1 ? new Event("error") : new MessageEvent("message", { data: { id, done: ["#code"] } });
      queueMicrotask(() => this.dispatchEvent(heard));
    }
    terminate() {}
  }
  const ours = decoder({ Worker, document: { createElement: () => ({ getContext: () => context }) } });
  assert.equal(workers.length, 0, "nothing is fetched before it is needed");
  await assert.rejects(ours.detect({ width: 10, height: 10 }), Failed);
  assert.equal(await inPicture(ours, { width: 10, height: 10 }, pick), "code");
  assert.equal(await inPicture(ours, { width: 10, height: 10 }, pick), "code");
  assert.equal(workers.length, 2);
});

test("the camera is let go once the code is found", async () => {
  const { scope, track, video } = filming();
  const texts = [[], ["elsewhere"], ["#code"]];
  const looks = { detect: async () => texts.shift().map((rawValue) => ({ rawValue })) };
  assert.equal(await throughCamera(looks, video, pick, new AbortController().signal, scope), "code");
  assert.ok(track.stopped);
  assert.equal(video.srcObject, null);
});

for (const [what, leave] of [
  ["the voter stops it", ({ stop }) => stop.abort()],
  ["the page is left", ({ scope }) => scope.dispatchEvent(new Event("pagehide"))],
  ["the page is hidden", ({ scope }) => {
    scope.document.hidden = true;
    scope.document.dispatchEvent(new Event("visibilitychange"));
  }],
  ["the step is left", ({ video }) => Object.assign(video, { getClientRects: () => [] })],
  ["the camera is unplugged", ({ track }) => track.dispatchEvent(new Event("ended"))],
]) {
  test(`the camera is let go when ${what}`, async () => {
    const all = { ...filming(), stop: new AbortController() };
    const looking = throughCamera(says(), all.video, pick, all.stop.signal, all.scope);
    await wait(20);
    assert.ok(all.video.srcObject, "it films");
    leave(all);
    assert.equal(await looking, null);
    assert.ok(all.track.stopped);
    assert.equal(all.video.srcObject, null);
  });
}

test("the camera is let go when reading breaks, and the error is heard", async () => {
  const { scope, track, video } = filming();
  const broken = { detect: async () => { throw new Failed({ message: "no worker" }); } };
  await assert.rejects(throughCamera(broken, video, pick, new AbortController().signal, scope), Failed);
  assert.ok(track.stopped);
});

test("what breaks because the camera was stopped is no error", async () => {
  const { scope, video } = filming();
  const stop = new AbortController();
  video.play = async () => {
    stop.abort();
    throw new DOMException("The play() request was interrupted.", "AbortError");
  };
  assert.equal(await throughCamera(says(), video, pick, stop.signal, scope), null);
});

test("a camera that is granted too late films nothing", async () => {
  const { scope, track, video } = filming();
  const stop = new AbortController();
  video.play = () => assert.fail("it films");
  const looking = throughCamera(says(), video, pick, stop.signal, scope);
  stop.abort();
  assert.equal(await looking, null);
  assert.ok(track.stopped);
});

test("a camera that is called again is not stopped by the one before", async () => {
  const { scope, video } = filming();
  const first = new AbortController();
  const looking = throughCamera(says(), video, pick, first.signal, scope);
  await wait(20);
  const later = { getTracks: () => [] };
  video.srcObject = later;
  first.abort();
  assert.equal(await looking, null);
  assert.equal(video.srcObject, later);
});
