"""What all tests share."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest

# A shell that starts us in the background lets us ignore Ctrl-C, and our children inherit that; several tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Name functions after their parameter: their own text holds an address, which differs from process to process."""
    return argname if callable(val) and getattr(val, "__name__", "") == "<lambda>" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys first, then files with many tests: a long piece of work at the end would leave processors idle."""
    count = Counter(item.path for item in items)
    items.sort(key=lambda item: ("journeys" not in item.path.parts, -count[item.path], str(item.path)))
