import assert from "node:assert/strict";
import { test } from "node:test";
import { reason, toBytes, toMake, toPlain, toShow, toText } from "../../static/js/passkeys.js";

test("bytes survive the way through an address", () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = Uint8Array.from({ length }, (_none, index) => (index * 37 + length) % 256);
    assert.deepEqual(toBytes(toText(bytes)), bytes);
  }
});

test("text of bytes has no sign that an address would change", () => {
  assert.equal(toText(Uint8Array.of(0xfb, 0xff, 0xfe, 0x00)), "-__-AA");
  assert.match(toText(Uint8Array.from({ length: 256 }, (_none, index) => index)), /^[A-Za-z0-9_-]+$/);
});

test("a view of a buffer is read as the bytes that it shows", () => {
  assert.equal(toText(Uint8Array.of(1, 2, 3).buffer), "AQID");
});

test("the portal's options become those of the browser", () => {
  const made = toMake({
    challenge: "AQID",
    rp: { id: "voice.example" },
    user: { id: "BAU", name: "zainab" },
    excludeCredentials: [{ id: "Bg", type: "public-key" }],
  });
  assert.deepEqual(made.challenge, Uint8Array.of(1, 2, 3));
  assert.deepEqual(made.user, { id: Uint8Array.of(4, 5), name: "zainab" });
  assert.deepEqual(made.excludeCredentials, [{ id: Uint8Array.of(6), type: "public-key" }]);
  assert.equal(made.rp.id, "voice.example");
  const shown = toShow({ challenge: "AQID", userVerification: "required" });
  assert.deepEqual(shown.allowCredentials, []);
  assert.equal(shown.userVerification, "required");
});

test("the browser's answer becomes plain JSON without what it does not hold", () => {
  const bytes = Uint8Array.of(1, 2, 3).buffer;
  const plain = toPlain({
    id: "AQID",
    rawId: bytes,
    type: "public-key",
    response: { clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: null },
  });
  assert.deepEqual(plain, {
    id: "AQID",
    rawId: "AQID",
    type: "public-key",
    response: { clientDataJSON: "AQID", authenticatorData: "AQID", signature: "AQID" },
  });
});

test("a person who left is not told of a fault", () => {
  assert.equal(reason({ name: "NotAllowedError" }), "cancelled");
  assert.equal(reason({ name: "InvalidStateError" }), "known");
  assert.equal(reason(new TypeError("no network")), "failed");
});
