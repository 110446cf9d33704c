// What a voter takes away: the receipt as a file, on paper, in the clipboard.

import { inAddress } from "./record.js";

/**
 * Whether a receipt is for the ballot that was sent: the portal could otherwise sign for another.
 * @param {any} receipt
 * @param {{uuid: string, tracker: string, seal: string}} sent
 */
export function isFor(receipt, { uuid, tracker, seal }) {
  return receipt?.format === "sawtuna receipt 1" && receipt.election_uuid === uuid && receipt.tracker === tracker
    && receipt.seal === seal && Number.isInteger(receipt.height);
}

/** Name of the file: the beginning of the tracker tells one's receipts apart. */
export function fileName(kind, code) {
  return `${kind}-${inAddress(code).slice(0, 8).replaceAll(/[^A-Za-z0-9]/g, "0")}.json`;
}

/** Addresses at which anybody who has the tracker can look. */
export function addressesOf({ election_uuid: uuid, tracker }) {
  const page = `/elections/${uuid}/receipts/${inAddress(tracker)}`;
  return { page, picture: `${page}.svg`, board: `/elections/${uuid}/board` };
}

/** Gives the browser a file to save. @param {Document} page */
export function save(page, name, value) {
  const scope = page.defaultView;
  const address = scope.URL.createObjectURL(new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: "application/json" }));
  const link = page.createElement("a");
  link.href = address;
  link.download = name;
  page.body.append(link);
  link.click();
  link.remove();
  scope.setTimeout(() => scope.URL.revokeObjectURL(address), 60_000); // some browsers read it only after having asked
}

/** Puts a text into the clipboard; false where the browser does not let us. */
export async function copy(page, text) {
  try {
    await page.defaultView.navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return false;
    throw error;
  }
}
