"""Printable letters: one voter a page, the code in large type and as a QR code, in Arabic and English."""

from collections.abc import Iterator, Sequence

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

PER_FILE = 500
"""Letters a file, so that a browser can print it."""


def pages(title: str, uuid: str, letters: Sequence[tuple[str, str]], url: str = "") -> Iterator[str]:
    """HTML documents with `PER_FILE` letters each; `letters` are names and codes.

    With `url` the QR code opens the voting page; the code then stands behind `#`, which browsers do not send.
    """
    environment = Environment(
        loader=PackageLoader("crypto.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("letters.html")
    for start in range(0, len(letters), PER_FILE):
        yield template.render(
            title=title,
            uuid=uuid,
            url=url,
            letters=[
                {"name": name, "code": code, "qr": qr(f"{url}#{code}" if url else code)}
                for name, code in letters[start : start + PER_FILE]
            ],
        )


def qr(content: str) -> Markup:
    """A QR code as inline SVG, black on white, error correction Q (a quarter may be damaged)."""
    code = segno.make(content, error="q", micro=False)
    return Markup(code.svg_inline(border=2, dark="#000", light="#fff", omitsize=True))  # noqa: S704 - segno writes only numbers
