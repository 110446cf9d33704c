// A toast leaves after eight seconds of not being looked at, or when dismissed. It is never the only sign of success.

export const PATIENCE = 8_000;

/** Milliseconds a toast has left: `spent` were counted while nothing pointed at it. */
export function left(spent, patience = PATIENCE) {
  return Math.max(0, patience - spent);
}

function live(toast) {
  let spent = 0;
  let since = Date.now();
  let timer = setTimeout(() => toast.remove(), PATIENCE);
  const hold = () => {
    if (timer === null) return;
    clearTimeout(timer);
    timer = null;
    spent += Date.now() - since;
  };
  const go = () => {
    if (timer !== null || toast.matches(":hover, :focus-within")) return;
    since = Date.now();
    timer = setTimeout(() => toast.remove(), left(spent));
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => queueMicrotask(go));
  toast.querySelector("[data-dismiss]")?.addEventListener("click", () => {
    hold();
    toast.remove();
  });
}

export function attach(root) {
  for (const toast of root.querySelectorAll(".toasts [data-toast]")) live(toast);
}
