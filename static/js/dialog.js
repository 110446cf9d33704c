// `data-opens="id"` on a link opens that dialog; without script the link leads to a page that asks the same.
// The browser keeps the focus inside, gives it back afterwards, and closes on Escape.

/** Id of the dialog that a click on `element` opens, or null. A click that wants a new tab stays a link. */
export function target(element, { ctrlKey = false, metaKey = false, shiftKey = false } = {}) {
  if (ctrlKey || metaKey || shiftKey) return null;
  return element.closest("[data-opens]")?.dataset.opens ?? null;
}

export function attach(root) {
  for (const opener of root.querySelectorAll("[data-opens]")) {
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", (event) => {
      const dialog = opener.ownerDocument.getElementById(target(opener, event) ?? "");
      if (!dialog?.showModal) return;
      event.preventDefault();
      dialog.showModal();
    });
  }
  for (const dialog of root.querySelectorAll("dialog.dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-closes]")) dialog.close();
    });
  }
}
