// A form on its way says so, and is not sent twice.

const sent = new WeakMap();

/** Whether a form that was sent at `before` (ms, or undefined) may be sent again at `now`. */
export function maySend(before, now, patience = 20_000) {
  return before === undefined || now - before >= patience;
}

/** Says on the button that the form is on its way. The button stays focusable, so that the focus is not lost. */
export function markBusy(button) {
  button.dataset.rest = button.innerHTML;
  button.setAttribute("aria-busy", "true");
  if (button.dataset.busy) button.textContent = button.dataset.busy;
}

/** Back to rest: the person came back by the browser's history. */
export function markReady(button) {
  button.removeAttribute("aria-busy");
  if (button.dataset.rest !== undefined) button.innerHTML = button.dataset.rest;
  delete button.dataset.rest;
}

export function attach(root) {
  for (const form of root.querySelectorAll("form[method='post']:not(.switch)")) {
    form.addEventListener("submit", (event) => {
      const now = Date.now();
      if (!maySend(sent.get(form), now)) {
        event.preventDefault();
        return;
      }
      sent.set(form, now);
      const button = event.submitter;
      if (button?.classList.contains("button")) queueMicrotask(() => markBusy(button)); // after its value was taken
    });
  }
  if (root.defaultView) {
    root.defaultView.addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      for (const form of root.forms) sent.delete(form);
      for (const button of root.querySelectorAll("[aria-busy='true'].button")) markReady(button);
    });
  }
}
