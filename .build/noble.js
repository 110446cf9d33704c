// What of @noble/curves and @noble/hashes the pages use; `.build/hook.py` makes one module of it, static/vendor/js/noble.js.

export { normalizeZ } from "@noble/curves/abstract/curve.js";
export { ed25519 } from "@noble/curves/ed25519.js";
export { sha256, sha512 } from "@noble/hashes/sha2.js";
export { shake256 } from "@noble/hashes/sha3.js";
