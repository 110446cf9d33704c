// Square codes as a camera sees them: pixels for what is read from letters.

import { encodeQR } from "../../../static/vendor/js/qr.js";

/** The same numbers in each run, from 0 to 1. */
function dice() {
  let state = 1;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * A grey picture with a square code in its middle, as wide as `side`, turned by `angle` (radians) and grained by `noise`.
 * @returns {{width: number, height: number, data: Uint8ClampedArray}}
 */
export function photographed(text, { width = 640, height = 480, side = 300, angle = 0, noise = 0 } = {}) {
  const rows = encodeQR(text, "raw", { ecc: "quartile", border: 4 });
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  const [chance, cos, sin, size] = [dice(), Math.cos(angle), Math.sin(angle), rows.length];
  const place = (along) => Math.floor((along / side + 0.5) * size);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [right, down] = [x - width / 2, y - height / 2];
      const dark = rows[place(cos * down - sin * right)]?.[place(cos * right + sin * down)] ?? null;
      const grey = (dark === null ? 170 : dark ? 45 : 205) + (chance() - 0.5) * noise;
      data.fill(grey, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return { width, height, data };
}
