"""What all tests share."""

from __future__ import annotations

from typing import Any


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name functions after their parameter: their own text holds an address, which differs from process to process."""
    return argname if callable(val) and getattr(val, "__name__", "") == "<lambda>" else None
