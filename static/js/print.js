// A button that prints the page; without script the browser's own menu does.

export function attach(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => button.ownerDocument.defaultView.print());
    button.hidden = false;
  }
}
