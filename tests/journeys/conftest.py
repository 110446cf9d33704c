"""One browser and one portal for all journeys of a worker.

Both live as long as this package's tests, not as the whole session: the browser's event loop must be gone before tests
elsewhere begin loops of their own.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.portal import Portal, running
from tests.journeys.visitor import DESKTOP, Visitor, new_address
from tests.journeys.voting import Vote, votes_in

CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
"""The one without windows where there is one: it takes less of the processor."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000
"""Milliseconds; the machine may be busy with the other tests."""

Visit = Callable[..., Visitor]


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal that all visitors of this worker share."""
    with running(tmp_path_factory.mktemp("portal")) as started:
        yield started
    assert started.faults() == []


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"There is no browser at {CHROMIUM}; on Debian: apt-get install chromium.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, portal: Portal) -> Iterator[Visit]:
    """Let people in; when they have left, nothing may have gone wrong on any page they saw."""
    visitors: list[Visitor] = []

    def enter(
        language: str = "ar",
        width: int = DESKTOP,
        *,
        script: bool = True,
        browser: Browser | None = None,
        **more: Any,
    ) -> Visitor:
        context = (browser or chromium).new_context(
            locale="ar-IQ" if language == "ar" else "en-GB",
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            extra_http_headers={"X-Forwarded-For": new_address()},
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context, context.new_page(), portal, language, script)
        visitor.watch()
        visitors.append(visitor)
        return visitor

    yield enter
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture(scope="module")
def votes(portal: Portal) -> dict[str, Vote]:
    """Elections to vote in, by what they are for."""
    return votes_in(portal)


@pytest.fixture
def forgiven(visit: Visit) -> Iterator[Visit]:
    """Visitors whose lines may break: what the browser says about that is no mistake of ours."""
    entered: list[Visitor] = []

    def enter(*arguments: object, **more: object) -> Visitor:
        entered.append(visit(*arguments, **more))
        return entered[-1]

    yield enter
    for visitor in entered:
        expected = r"ERR_FAILED|ERR_INTERNET_DISCONNECTED|401 |status of 401"
        visitor.complaints[:] = [line for line in visitor.complaints if not re.search(expected, line)]
