// What of qr the booth uses to read a letter; `.build/hook.py` makes one module of it, static/vendor/js/qr-decode.js.

export { decodeQRBatch } from "qr/decode.js";
