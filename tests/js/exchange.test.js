import assert from "node:assert/strict";
import { test } from "node:test";
import { again, isThere } from "../../static/js/exchange.js";

const holding = (...sources) => ({ scripts: sources.map((source) => ({ getAttribute: () => source })) });

test("a script is fetched once", () => {
  assert.equal(isThere(holding("/static/js/app.js"), "/static/vendor/js/htmx.min.js"), false);
  assert.equal(isThere(holding("/static/js/app.js", "/static/vendor/js/htmx.min.js"), "/static/vendor/js/htmx.min.js"), true);
});

test("what was typed while the script was on its way is searched for", () => {
  const told = [];
  const field = (value) => ({ value, dispatchEvent: (event) => told.push([value, event.type]) });
  again([[field("ماء"), ""], [field(""), ""]]);
  assert.deepEqual(told, [["ماء", "input"]]);
});
