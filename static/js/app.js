// Entry: looks at what a page holds and fetches only the modules that it needs. Every page works without it.

const modules = [
  ["form[method='post']:not(.switch)", () => import("./busy.js")],
  ["dialog.dialog, [data-opens]", () => import("./dialog.js")],
  ["[data-toast]", () => import("./toast.js")],
  ["[data-errors]", () => import("./errors.js")],
  ["[data-htmx]", () => import("./exchange.js")],
  ["[data-passkey], [data-passkey-without]", () => import("./passkeys.js")],
  ["[data-print]", () => import("./print.js")],
  ["[data-trustee]", () => import("./trustee/trustee.js")],
  ["[data-authority]", () => import("./authority/authority.js")],
  ["[data-live]", () => import("./elections/live.js")],
  ["[data-observer]", () => import("./observer/observer.js")],
];

/** Loaders of the modules whose elements `root` holds. */
export function needed(root, known = modules) {
  return known.filter(([selector]) => root.querySelector(selector)).map(([, load]) => load);
}

/** Brings `root` to life. */
export async function attach(root) {
  const loaded = await Promise.all(needed(root).map((load) => load()));
  for (const module of loaded) module.attach(root);
}

if (typeof document !== "undefined") {
  attach(document);
  // a part that htmx has exchanged
  document.addEventListener("htmx:after:swap", (event) => attach(event.target instanceof Element ? event.target : document));
}
