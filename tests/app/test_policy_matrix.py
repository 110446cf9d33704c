"""Every role at every address: the running portal lets in whom the policies let in, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from httpx2 import Response

from app import clock, policy_doc
from app.access import Guarded
from app.policy import Need, acts_in, decide
from tests.app.portal import fresh_portal
from tests.app.world import LINK, World, build, maker

ROUTES = [route for route in policy_doc.routes() if isinstance(route, Guarded)]
SAFE = {"GET", "HEAD"}
ANYBODY = {"nobody", "citizen", "administrator everywhere", "agent during a visit", "representative without powers"}
"""Who tries what is open to everybody; the others would see the same page once more."""

WAYS = {Need.SIGN_IN: "/account/sign-in", Need.LEVEL: "/account/level", Need.PROOF: "/account/again"}
"""Where somebody is led to whom something is missing."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("matrix")
    with fresh_portal("sqlite", folder, metrics_token=LINK) as portal:
        yield build(portal, ROUTES, acts_in(ROUTES))


def shown(answer: Response) -> Need | str | None:
    """What an answer says is missing; None when the visitor was let in."""
    if answer.status_code in {401, 403}:
        return "refused"
    place, _sign, query = answer.headers.get("location", "").partition("?")
    if answer.status_code == 303 and "next=" in query:
        return next((need for need, way in WAYS.items() if way == place), None)
    return None


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.name}")
def test_an_address_lets_in_whom_its_policy_lets_in(world: World, route: Guarded) -> None:
    for name in route.param_convertors:
        maker(route, name)
    found: list[str] = []
    world.restore()
    spots = world.spots if route.place is not None and route.param_convertors else world.spots[:1]
    for method in sorted((route.methods or set()) - {"HEAD"}):
        for spot in spots:
            path = world.path(route, spot)
            for visitor in world.visitors:
                if not route.act.signed_in and not route.act.power and visitor.kind not in ANYBODY:
                    continue
                decision = decide(route.act, visitor.who, world.place(route, spot), clock.now())
                expected = decision.missing if decision.missing in WAYS else "refused" if decision.missing else None
                answer = visitor.browser.request(method, path, headers={"authorization": f"Bearer {LINK}"})
                assert answer.status_code < 500, f"{method} {path} breaks for {visitor.kind}"
                if shown(answer) != expected:
                    found.append(
                        f"{method} {path} for {visitor.kind}: the policy says {expected or 'allowed'}, "
                        f"the portal answers {answer.status_code} {answer.headers.get('location', '')}"
                    )
                if expected is None and method not in SAFE:
                    world.restore()
    assert not found, "\n" + "\n".join(found)


def test_an_address_with_a_parameter_nobody_knows_says_what_to_add() -> None:
    known = ROUTES[0]
    strange = Guarded("/things/{thing}", known.endpoint, name="things:show", act=known.act)
    with pytest.raises(AssertionError, match=r"add “things\.thing” to OBJECTS in tests/app/world\.py"):
        maker(strange, "thing")
