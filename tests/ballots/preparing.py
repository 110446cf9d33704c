"""Election administrators at a portal, and drafts for them."""

from __future__ import annotations

import re
from typing import Any

from app import audit, clock
from app.models import AuditEntry, Message
from app.policy import Role
from ballots.models import Election
from tests.app.people import Someone, someone
from tests.app.portal import Portal

BASICS = {
    "title_ar": "أولويات الحي",
    "title_en": "Priorities",
    "description_ar": "نختار معًا.",
    "description_en": "",
    "contact": "ask@example.org",
    "opens_at": "2027-03-01T08:00",
    "closes_at": "2027-03-02T20:00",
    "sign_in": "yes",
    "is_test": "",
}
QUESTION = {
    "question_ar": "أي مشروع أولًا؟",
    "question_en": "Which project first?",
    "answers_ar": "مكتبة\nحديقة\nإنارة",
    "answers_en": "A library\nA park\nLights",
    "min": "1",
    "max": "١",
    "blank": "yes",
    "shuffle": "",
}


def administrator(portal: Portal, email: str = "elections@example.org", **more: Any) -> Someone:
    """Somebody who prepares elections of the whole portal."""
    return someone(portal, email, Role.ELECTION_ADMINISTRATOR, **more)


def begin(boss: Someone, **fields: str) -> str:
    """Begin an election by its form; its identifier."""
    answer = boss.post("/manage/elections/new", **{**BASICS, "agency": "0", **fields})
    assert answer.status_code == 303, answer.text
    found = re.match(r"/manage/elections/(\w{14})\?done=created\Z", answer.headers["location"])
    assert found
    return found[1]


def row(portal: Portal, uuid: str) -> Election:
    """An election as it is stored."""

    async def read() -> Election:
        return await Election.get(uuid=uuid)

    return portal.run(read)


def update(portal: Portal, uuid: str, **columns: Any) -> None:
    """Put an election into a state, whichever way leads there."""

    async def write() -> None:
        await Election.filter(uuid=uuid).update(**columns)

    portal.run(write)


def steps(portal: Portal, uuid: str) -> list[str]:
    """What the audit trail says of an election; the trail itself is whole."""

    async def read() -> list[str]:
        assert (await audit.verify()).broken_at is None
        return [entry.verb for entry in await AuditEntry.filter(object=f"election:{uuid}").order_by("number")]

    return portal.run(read)


def letters(portal: Portal, recipient: str) -> list[Message]:
    """Mails to somebody, oldest first."""

    async def read() -> list[Message]:
        return await Message.filter(recipient=recipient).order_by("id")

    return portal.run(read)


def token_in(body: str, page: str) -> str:
    """The token behind the # of the link in a mail."""
    found = re.search(rf"https?://\S+/elections/\w{{14}}/{page}#([\w-]{{43}})$", body, re.MULTILINE)
    assert found, body
    return found[1]


def now() -> Any:
    """This moment."""
    return clock.now()
