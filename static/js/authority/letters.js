// Printable letters: one voter a page, the code in large type and as a QR code. As crypto/cli/letters.py.

import { encodeQR } from "../../vendor/js/qr.js";

/** Letters that are printed together, so that a browser can do it. */
export const PER_RUN = 200;
const SVG = "http://www.w3.org/2000/svg";

/**
 * The dark squares of a QR code as the path of an SVG, with two squares of room around; a quarter may be damaged.
 * @param {string} content
 * @returns {{size: number, path: string}}
 */
export function qrPath(content) {
  const rows = encodeQR(content, "raw", { ecc: "quartile", border: 2 });
  const size = rows.length;
  const runs = [];
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue;
      const start = x;
      while (x < size && row[x]) x += 1;
      runs.push(`M${start} ${y}h${x - start}v1h-${x - start}z`);
    }
  }
  return { size, path: runs.join("") };
}

/** Where a voter's QR code leads: the code stands behind `#`, which browsers do not send. */
export function addressOf(booth, code) {
  return `${booth}#${code}`;
}

/** First and last number (from 1) of each run of letters. @returns {[number, number][]} */
export function runs(count, size = PER_RUN) {
  return Array.from({ length: Math.ceil(count / size) }, (_, at) => [at * size + 1, Math.min(count, (at + 1) * size)]);
}

function drawing(document, content) {
  const { size, path } = qrPath(content);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("aria-hidden", "true");
  const ground = document.createElementNS(SVG, "path");
  ground.setAttribute("d", `M0 0h${size}v${size}H0z`);
  ground.setAttribute("fill", "#fff");
  const dark = document.createElementNS(SVG, "path");
  dark.setAttribute("d", path);
  dark.setAttribute("fill", "#000");
  svg.append(ground, dark);
  return svg;
}

/**
 * One letter.
 * @param {HTMLTemplateElement} template with data-letter places: title, name, code, url, uuid, fingerprint, qr
 * @param {{title: string, name: string, code: string, booth: string, url: string, uuid: string, fingerprint: string}} values
 */
export function letter(template, values) {
  const made = template.content.cloneNode(true);
  for (const place of made.querySelectorAll("[data-letter]")) {
    if (place.dataset.letter === "qr") place.append(drawing(template.ownerDocument, addressOf(values.booth, values.code)));
    else place.textContent = values[place.dataset.letter];
  }
  // Known only once the election is frozen.
  for (const part of made.querySelectorAll("[data-if-frozen]")) part.hidden = !values.fingerprint;
  return made;
}
