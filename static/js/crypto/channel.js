// The encrypted channel between threshold trustees (PROTOCOL section 4, as crypto/channel.py): ElGamal to a random
// element, AES-256-GCM under its hash, and inside a message signed by its sender that names its recipient.
//
// The initialisation vector has 32 bytes, not 12, as in releases 3.1 and later; it goes through GHASH.

import { canonical, digest, members, parseJson, text, toHex, utf8 } from "./encoding.js";
import { Malformed, Rejected, Unsupported, within } from "./errors.js";
import { Signed } from "./trustees.js";

/**
 * Encrypts `content` to `recipient`, signed.
 * @param {bigint} signingKey
 * @param {import("./groups.js").Point} recipient
 * @param {object} content
 * @returns {Promise<string>} a JSON text
 */
export async function send(signingKey, recipient, content) {
  const { group } = recipient;
  const message = canonical({ recipient: String(recipient), message: canonical(content) });
  const plain = utf8(canonical(Signed.make(group, signingKey, message)));
  const randomness = group.random();
  const shared = group.generator.pow(group.random());
  const alpha = group.generator.pow(randomness);
  const beta = recipient.pow(randomness).times(shared);
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv: digest(`iv|${alpha}`) }, await aes(shared), plain);
  return canonical({ algorithm: "AES-GCM", alpha, beta, data: toHex(new Uint8Array(data)) });
}

/**
 * Decrypts what `send` made for the holder of `channelKey`; checks its author, its recipient and every element.
 * @param {bigint} channelKey
 * @param {import("./groups.js").Point} sender
 * @param {unknown} value the JSON text
 * @returns {Promise<Record<string, any>>} the content
 */
export async function receive(channelKey, sender, value) {
  const { group } = sender;
  const fields = members(parseJson(text(value)), "alpha", "beta", "data");
  if (fields.algorithm !== "AES-GCM") {
    throw new Unsupported("this message was encrypted by a release before 3.1, which is not read here");
  }
  const alpha = within(["alpha"], () => group.parsePoint(fields.alpha));
  const beta = within(["beta"], () => group.parsePoint(fields.beta));
  const shared = beta.times(alpha.pow(-channelKey));
  const data = fromHex(text(fields.data));
  let plain;
  try {
    plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: digest(`iv|${alpha}`) }, await aes(shared), data);
  } catch {
    throw new Rejected("the message was not encrypted to this key, or was changed");
  }
  const signed = Signed.parse(group, parseJson(new Uint8Array(plain)));
  signed.verify(sender);
  const outer = members(parseJson(signed.message), "recipient", "message");
  if (outer.recipient !== String(group.generator.pow(channelKey))) {
    throw new Rejected("the message was meant for another trustee");
  }
  return members(parseJson(text(outer.message)));
}

function aes(shared) {
  return crypto.subtle.importKey("raw", digest(`key|${shared}`), "AES-GCM", false, ["encrypt", "decrypt"]);
}

function fromHex(digits) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(digits)) throw new Malformed("encrypted data in hexadecimal digits was expected");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
