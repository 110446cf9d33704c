"""`python -m app.policy_doc` writes docs/policy.md from the acts of all routes; a test keeps the two together."""

from collections.abc import Sequence
from pathlib import Path

from starlette.routing import BaseRoute

from app.access import Guarded
from app.accounts.reasons import by_noun
from app.accounts.roles import GRANTABLE, NEEDS_A_SECOND, NEVER_HANDED_OVER, SAYS, WORDS
from app.accounts.says import LEVELS, NOUNS
from app.main import FEATURES
from app.policy import PORTAL_WIDE, REACHES_BELOW, Act, Role, acts_in

TARGET = Path(__file__).resolve().parent.parent / "docs" / "policy.md"

_HEAD = """# Who may do what

Every address of the portal carries an *act*, and before anything happens `app.policy.decide` compares what the act
needs with who asks and where. This page is made from those acts by `python -m app.policy_doc`; a test fails when it is
out of date, and another one asks the running portal at every address in every role.

* **Proof of the person** is the level of assurance that the act needs; “signed in” asks for no proof beyond that.
* **Fresh** means that the person has proven within a quarter of an hour, once more, who they are.
* **By agent**: an agent of a service centre may do it for somebody who is present. During such a visit no roles count.
* **Power** is what a representative needs who acts for an organization.

The portal answers the same questions about people: “Who can do this?” and “What can this person do, and why?” under
*Manage*.
"""


def routes() -> list[BaseRoute]:
    """Every route of every feature."""
    return [route for feature in FEATURES for route in feature.routes]


def text(listed: Sequence[BaseRoute]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_roles(), *_matrix(listed), *_acts(listed)]) + "\n"


def _roles() -> list[str]:
    lines = [
        "## Roles",
        "",
        "A role is a membership: of a person, at an agency (perhaps in one unit), from a day on, perhaps until a day.",
        "It is given by invitation. Somebody who stands in during leave holds it too, exactly as far, until the leave",
        "is over.",
        "",
        "| Role | What it is for | Holds also below its agency | May hold in the whole portal | Given and ended by |",
        "|---|---|---|---|---|",
    ]
    for role in Role:
        grantors = ", ".join(WORDS[one] for one in Role if one in GRANTABLE[role])
        if role in NEEDS_A_SECOND:
            grantors += " (given by two of them together)"
        cells = [WORDS[role], SAYS[role], _yes(role in REACHES_BELOW), _yes(role in PORTAL_WIDE), grantors]
        lines.append("| " + " | ".join(cells) + " |")
    never = ", ".join(WORDS[role].lower() for role in Role if role in NEVER_HANDED_OVER)
    return [*lines, "", f"Nobody stands in for: {never}.", ""]


def _matrix(listed: Sequence[BaseRoute]) -> list[str]:
    """Act x role, for the acts that ask for a role."""
    lines = [
        "## Which role opens what",
        "",
        "| Act | " + " | ".join(WORDS[role] for role in Role) + " |",
        "|---|" + ":-:|" * len(Role),
    ]
    rows = [
        f"| `{act.name}` | " + " | ".join("●" if role in act.roles else "" for role in Role) + " |"
        for act in acts_in(listed)
        if act.roles
    ]
    return [*lines, *rows, ""]


def _acts(listed: Sequence[BaseRoute]) -> list[str]:
    lines = ["## What each act needs", ""]
    for noun, acts in by_noun(acts_in(listed)):
        lines += [
            f"### {NOUNS.get(noun, noun)}",
            "",
            "| Act | In words | Proof of the person | Role | Fresh | By agent | Power | Addresses |",
            "|---|---|---|---|---|---|---|---|",
            *(_row(act, listed) for act in acts),
            "",
        ]
    return lines


def _row(act: Act, listed: Sequence[BaseRoute]) -> str:
    proof = LEVELS[act.level].lower() if act.level else "signed in" if act.signed_in else "none"
    asked = ", ".join(WORDS[role].lower() for role in Role if role in act.roles)
    cells = [
        f"`{act.name}`",
        act.says,
        proof,
        asked,
        _yes(act.proof),
        _yes(act.by_agent and not act.roles) if act.signed_in else "yes",
        f"`{act.power}`" if act.power else "",
        "<br>".join(_address(route) for route in listed if isinstance(route, Guarded) and route.act == act),
    ]
    return "| " + " | ".join(cells) + " |"


def _address(route: Guarded) -> str:
    methods = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
    return f"{methods} `{route.path}`"


def _yes(value: bool) -> str:
    return "yes" if value else ""


if __name__ == "__main__":
    TARGET.write_text(text(routes()), "utf-8")
