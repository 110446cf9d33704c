// The portal's signature on a receipt (docs/record.md, ballots/receipts.py): Ed25519 over its canonical JSON.

import { canonical, fromHex } from "./encoding.js";
import { ed25519 } from "./noble.js";

const SIGNED = ["format", "election_uuid", "tracker", "height", "event", "seal", "key"];
const HEX = /^[0-9a-f]{64}$/;
const BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/**
 * Whether the holder of `key` signed exactly this receipt.
 * @param {any} receipt
 * @param {string} key 64 hexadecimal digits, as the portal publishes it
 */
export function isSigned(receipt, key) {
  if (!HEX.test(receipt?.key) || receipt.key !== key || !BASE64.test(receipt.signature)) return false;
  const body = canonical(Object.fromEntries(SIGNED.map((name) => [name, receipt[name]])));
  const signature = Uint8Array.from(atob(receipt.signature), (letter) => letter.charCodeAt(0));
  return ed25519.verify(signature, new TextEncoder().encode(body), fromHex(key), { zip215: false });
}
