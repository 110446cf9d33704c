"""Portals with a ministry, a directorate below it, and those who look after them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.agencies.tree import Tree, grown
from tests.app.portal import DATABASES, fresh_portal


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    """On SQLite, where the database makes no difference."""
    with fresh_portal("sqlite", tmp_path) as portal:
        yield grown(portal)


@pytest.fixture(params=DATABASES)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tree]:
    """On both databases."""
    with fresh_portal(request.param, tmp_path) as portal:
        yield grown(portal)
