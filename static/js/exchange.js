// htmx, fetched when a field that uses it gets the focus: a slow line does not wait for what may never be needed.

/** Whether `script` stands in the document already. */
export function isThere(document, script) {
  return [...document.scripts].some((known) => known.getAttribute("src") === script);
}

/** Tells htmx of fields that have changed since they were noted, as [field, value]. */
export function again(fields) {
  for (const [field, value] of fields) {
    if (field.value !== value) field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/** Fetches htmx for the forms in `root` that ask for it, once. */
export function attach(root) {
  // Going back to an address that htmx had made, on a page that was loaded anew since and does not have htmx yet.
  if (root === document) {
    const shown = location.pathname + location.search;
    addEventListener("popstate", () => {
      const jumped = location.pathname + location.search === shown; // to a part of the same page
      if (!jumped && !("htmx" in globalThis)) location.reload();
    });
  }
  for (const form of root.querySelectorAll("[data-htmx]")) {
    form.addEventListener("focusin", () => {
      const source = form.dataset.htmx;
      if (isThere(document, source)) return;
      const fields = [...form.querySelectorAll("[hx-get]")].map((field) => [field, field.value]);
      const script = document.createElement("script");
      script.src = source;
      // what was typed while it was on its way
      script.addEventListener("load", () => setTimeout(() => again(fields), 50));
      document.head.append(script);
    }, { once: true });
  }
}
