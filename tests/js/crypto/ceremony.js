// A server of a key ceremony in memory: what a trustee's page sees and publishes.

import { advance } from "../../../static/js/crypto/trustee.js";

export const UUID = "5o6HuwUTRyvcQB";

export class Server {
  constructor(group, size, threshold) {
    Object.assign(this, { group, size, threshold });
    this.published = { certificates: {}, commitments: {}, shares: {}, keys: {} };
    this.keys = {};
    this.last = {};
  }

  /** GET ceremony. */
  state(index) {
    const { group, size, threshold, published } = this;
    return structuredClone({ uuid: UUID, group, size, threshold, index, name: `Trustee ${index}`, published, public_key: null });
  }

  /** One look of one trustee: what is next is done, and published. */
  async step(index) {
    const next = await advance(this.state(index), this.keys[index] ?? null);
    this.keys[index] = next.keyFile;
    this.last[index] = next;
    if (next.publish) this.published[next.publish.kind][index] = next.publish.body;
    return next;
  }

  /** Lets everybody look again until nobody has anything to publish. */
  async run(trustees = Array.from({ length: this.size }, (_, index) => index + 1)) {
    for (let busy = true; busy;) {
      busy = false;
      for (const index of trustees) if ((await this.step(index)).publish) busy = true;
    }
  }
}
