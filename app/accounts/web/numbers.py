"""Numbers in addresses: a key that no database takes is a key that is not there."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST = 18
"""Digits that a 64-bit key is sure to hold."""


def number(request: Request, name: str = "id") -> int:
    """A key in the path, or 404."""
    text = str(request.path_params[name])
    if not _is_key(text):
        raise HTTPException(404)
    return int(text)


def asked(request: Request, name: str) -> int | None:
    """A key in the query; None without one."""
    text = request.query_params.get(name, "")
    return int(text) if _is_key(text) else None


def page(request: Request) -> int:
    """`?page=`, at least 1."""
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if _is_key(text) and len(text) < 7 else 1


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST
