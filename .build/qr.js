// What of qr the letters use; `.build/hook.py` makes one module of it, static/vendor/js/qr.js.

export { encodeQR } from "qr";
