// Passkeys: what the portal sends as JSON becomes what the browser's keys understand, and back.

import { markBusy, markReady } from "./busy.js";

/** Base64url without padding -> bytes. */
export function toBytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
}

/** Bytes (or a buffer of them) -> base64url without padding. */
export function toText(bytes) {
  let binary = "";
  for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const known = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));

/** Options for `navigator.credentials.create`. */
export function toMake(options) {
  return {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  };
}

/** Options for `navigator.credentials.get`. */
export function toShow(options) {
  return {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: known(options.allowCredentials),
  };
}

/** The browser's answer as plain JSON; what it does not hold is left out. */
export function toPlain(credential) {
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const response = {};
  for (const part of parts) {
    if (credential.response[part]) response[part] = toText(credential.response[part]);
  }
  return { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response };
}

/** Which sentence of the page explains an error: the person left, the key is known already, or something failed. */
export function reason(error) {
  if (error.name === "NotAllowedError" || error.name === "AbortError") return "cancelled";
  if (error.name === "InvalidStateError") return "known";
  return "failed";
}

/** A sentence of the portal for the person, not a failure of the script. */
class Told extends Error {}

async function ask(address, values) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  if (answer.status === 401 || answer.status === 403) {
    location.reload(); // signed out, or the proof is not fresh any more: the page itself leads on from there
    await new Promise(() => {});
  }
  const told = await answer.json();
  if (!answer.ok) throw new Told(told.detail);
  return told;
}

async function perform(place) {
  const { passkey, options: asked, answer, next } = place.dataset;
  const { token, options } = await ask(asked, {});
  const credential = passkey === "create"
    ? await navigator.credentials.create({ publicKey: toMake(options) })
    : await navigator.credentials.get({ publicKey: toShow(options) });
  const values = { token, credential: toPlain(credential) };
  if (passkey === "create") values.name = new FormData(place).get("name");
  else values.next = next ?? "";
  const { location: target } = await ask(answer, values);
  location.assign(target);
}

function live(place) {
  const says = place.querySelector("[data-passkey-says]");
  const button = place.querySelector("button");
  const say = (text) => {
    says.hidden = !text;
    says.querySelector("span").textContent = text;
  };
  place.addEventListener(place.matches("form") ? "submit" : "click", async (event) => {
    if (!place.matches("form") && !event.target.closest("[data-passkey-go]")) return;
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    say("");
    markBusy(button);
    try {
      await perform(place);
    } catch (error) {
      markReady(button);
      say(error instanceof Told ? error.message : place.dataset[reason(error)] ?? place.dataset.failed);
    }
  });
  place.hidden = false;
}

export function attach(root) {
  const able = "PublicKeyCredential" in globalThis;
  for (const hint of root.querySelectorAll("[data-passkey-without]")) {
    hint.hidden = able || hint.dataset.passkeyWithout !== "support";
  }
  if (able) for (const place of root.querySelectorAll("[data-passkey]")) live(place);
  // back by the browser's history: the button rests again
  root.defaultView?.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const button of root.querySelectorAll("[data-passkey] [aria-busy='true']")) markReady(button);
  });
}
