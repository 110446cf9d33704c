// The only door to third-party mathematics: @noble/curves and @noble/hashes, bundled by `.build/hook.py`.

export { ed25519, normalizeZ, sha256, sha512, shake256 } from "../../vendor/js/noble.js";
