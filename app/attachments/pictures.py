"""Pictures, decoded and written anew: place, time and device do not travel with them, and nothing hides behind them."""

import struct
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from app.attachments.common import Refused
from app.i18n import gettext as _

MOST_PIXELS = 50_000_000

KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""What Pillow calls each type that is drawn anew."""


def redraw(source: Path, target: Path, kind: str) -> None:
    """Decode a picture and write it anew: upright, first frame only, without EXIF, place, comments, colour profile."""
    damaged = _("This picture is damaged. Open it, save it again and send the new one.")
    too_many = _("This picture has too many pixels. Make it smaller and send it again.")
    try:
        with Image.open(source, formats=[kind]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Refused(too_many)
            upright = ImageOps.exif_transpose(opened)
            if kind == "JPEG" and upright.mode not in {"RGB", "L"}:
                upright = upright.convert("RGB")
            # The encoders copy profile and comments out of `info` when they are not told otherwise.
            transparency = upright.info.get("transparency")
            upright.info.clear()
            options: dict[str, Any] = {"JPEG": {"quality": 88}, "WEBP": {"quality": 88}}.get(kind, {})
            if transparency is not None and kind == "PNG":
                options["transparency"] = transparency
            upright.save(target, kind, **options)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(too_many) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, MemoryError) as error:
        raise Refused(damaged) from error
