// What of uqr the letters use; `.build/hook.py` makes one module of it, static/vendor/js/qr.js.

export { encode } from "uqr";
