// A stand-in for an element of a page, for modules whose pages need no browser to be tested.

/** An element that has whatever is looked for in it; `asked` collects the selectors, `heard` has its listeners. */
export function element(asked = []) {
  const found = new Map();
  const heard = {};
  const own = (name) => found.get(name) ?? found.set(name, element()).get(name);
  return {
    dataset: {},
    children: [],
    files: [],
    value: "",
    textContent: "",
    hidden: true,
    heard,
    classList: { toggle() {} },
    querySelector(selector) {
      asked.push(selector);
      return own(selector);
    },
    querySelectorAll: () => [],
    addEventListener(name, listener) {
      heard[name] = listener;
    },
    append() {},
    replaceChildren() {},
    cloneNode: () => element(),
    get content() {
      return own("content");
    },
    get firstElementChild() {
      return own("first");
    },
  };
}
