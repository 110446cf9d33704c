// The workers of the trustee's and the observer's pages, without a browser: one message a line in, one a line out.
// A value {"file": path} stands for the bytes of that file.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { observer } from "../../static/js/observer/worker.js";
import { trustee } from "../../static/js/trustee/worker.js";

const post = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const workers = { trustee: trustee(post), observer: observer(post) };

const isFile = (value) => typeof value === "object" && value !== null && Object.keys(value).join() === "file";

for await (const line of createInterface({ input: process.stdin })) {
  const { worker, ...message } = JSON.parse(line);
  for (const [key, value] of Object.entries(message)) {
    if (isFile(value)) message[key] = new Uint8Array(readFileSync(value.file));
  }
  await workers[worker](message);
}
