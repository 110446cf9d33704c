// Files that are saved, and loaded back by choosing or dragging them.

/** No key file and no list of codes is larger. */
export const LARGEST = 64 << 20;

/** Offers a text as a file to save. */
export function save(document, name, text, type = "application/json") {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/**
 * What is in a file, as text.
 * @param {File} file
 * @returns {Promise<string | null>} null when it is no text, or absurdly large: then it is not what was asked for
 */
export async function textOf(file) {
  if (file.size > LARGEST) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    return null;
  }
}

/** Calls `take` with each file that is chosen in `zone` or dropped on it. @param {Element} zone */
export function receiving(zone, take) {
  const input = zone.querySelector("input[type='file']");
  const over = (is) => zone.toggleAttribute("data-over", is);
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) take(file);
    input.value = ""; // the same file may be chosen again
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  zone.addEventListener("dragleave", () => over(false));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
