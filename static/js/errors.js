// After a form was refused, the focus goes to the summary of what to correct, and the title says so too.

/** The page's title with the number of mistakes before it. */
export function titled(title, mistakes) {
  return mistakes > 0 ? `(${mistakes}) ${title}` : title;
}

export function attach(root) {
  const summary = root.querySelector("[data-errors]");
  if (!summary) return;
  const page = summary.ownerDocument;
  page.title = titled(page.title, summary.querySelectorAll("li").length || 1);
  summary.focus();
}
