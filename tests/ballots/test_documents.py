"""What voters are given to read: taken in with a title, frozen by the hash of its content, saved by everybody."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response

from app import clock
from app.attachments import store_for
from app.audit import SYSTEM
from app.policy import Role
from ballots.actions import running
from ballots.actions.preparing import copy_election
from ballots.models import Election, ElectionDocument
from ballots.rules import MOST_DOCUMENTS, State
from tests.app.people import Someone, someone
from tests.app.portal import DATABASES, Portal, fresh_portal, words
from tests.ballots.elections import Made, drafted, with_credentials, with_keys
from tests.ballots.preparing import administrator, begin, row, steps

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
DIGEST = hashlib.sha256(PDF).hexdigest()


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running_portal:
        yield running_portal


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running_portal:
        yield running_portal


def send(boss: Someone, uuid: str, content: bytes = PDF, name: str = "نص القانون.pdf", **fields: str) -> Response:
    titled = {"title_ar": "نص القانون", "title_en": "The text of the law", **fields}
    path = f"/manage/elections/{uuid}/documents/add"
    return boss.browser.post(path, data=titled, files={"file": (name, content, "application/pdf")})


def stored(portal: Portal, uuid: str) -> list[ElectionDocument]:
    async def read() -> list[ElectionDocument]:
        return await ElectionDocument.filter(election__uuid=uuid).order_by("id")

    return portal.run(read)


def a_draft(portal: Portal) -> Made:
    """A draft in which only the freeze is missing."""

    async def make() -> Made:
        made = await drafted()
        await with_keys(made)
        await with_credentials(made)
        return made

    return portal.run(make)


def freeze(portal: Portal, made: Made) -> None:
    async def do() -> None:
        row = await made.row()
        assert row.created_at
        await running.freeze(row, actor=SYSTEM, now=row.created_at)

    portal.run(do)


def test_a_document_is_frozen_with_the_election_and_everybody_can_save_it(portal: Portal) -> None:
    boss, made = administrator(portal), a_draft(portal)
    base = f"/manage/elections/{made.uuid}/documents"
    assert send(boss, made.uuid).headers["location"] == f"{base}?done=added"
    visitor = portal.browser(accept_language="en")
    assert visitor.get(f"/elections/{made.uuid}/documents/1").status_code == 404, "a draft is nobody else's business"
    assert visitor.get(f"{base}/1").status_code in (303, 401, 403)
    assert boss.browser.get(f"{base}/1").content == PDF
    freeze(portal, made)
    page = visitor.get(f"/elections/{made.uuid}").text
    assert "The text of the law" in words(page)
    assert DIGEST in page
    answer = visitor.get(f"/elections/{made.uuid}/documents/1")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["content-security-policy"]
    record = json.loads(visitor.get(f"/elections/{made.uuid}/election.json").text)
    assert record["description"].endswith(f"\n\nنص القانون / The text of the law · SHA-256 {DIGEST}")
    listed = visitor.get(f"/api/elections/{made.uuid}").json()["documents"]
    assert listed == [
        {
            "title": {"ar": "نص القانون", "en": "The text of the law"},
            "name": "نص القانون.pdf",
            "size": len(PDF),
            "media_type": "application/pdf",
            "sha256": DIGEST,
            "link": f"/elections/{made.uuid}/documents/1",
        }
    ]
    for number in ("0", "2", "99999999999"):
        assert visitor.get(f"/elections/{made.uuid}/documents/{number}").status_code == 404


def test_after_the_freeze_none_comes_and_none_goes(portal: Portal) -> None:
    boss, made = administrator(portal), a_draft(portal)
    send(boss, made.uuid)
    freeze(portal, made)
    late = send(boss, made.uuid, PDF + b"% another one", title_en="Late")
    assert late.status_code == 409
    assert "frozen" in words(late.text)
    number = stored(portal, made.uuid)[0].id
    gone = boss.post(f"/manage/elections/{made.uuid}/documents/{number}/remove")
    assert gone.status_code == 409
    assert [one.digest for one in stored(portal, made.uuid)] == [DIGEST]
    page = boss.browser.get(f"/manage/elections/{made.uuid}/documents").text
    assert "Take away" not in words(page)
    assert 'type="file"' not in page


def test_an_election_that_got_a_document_meanwhile_is_not_frozen_unseen(small: Portal) -> None:
    boss, made = administrator(small), a_draft(small)
    seen = row(small, made.uuid)
    send(boss, made.uuid)

    async def do() -> str:
        try:
            await running.freeze(seen, actor=SYSTEM, now=seen.created_at)
        except running.Outdated:
            return "outdated"
        return "frozen"

    assert small.run(do) == "outdated"
    assert row(small, made.uuid).state is State.DRAFT


def test_sending_the_same_twice_shows_it_once_and_it_can_be_taken_away_twice(small: Portal) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    for title in ("First", "Better"):
        assert send(boss, uuid, title_en=title).status_code == 303
    (one,) = stored(small, uuid)
    assert one.title["en"] == "Better"
    for _times in range(2):
        assert boss.post(f"/manage/elections/{uuid}/documents/{one.id}/remove").status_code == 303
    assert stored(small, uuid) == []
    wanted = ["election_document_added", "election_document_added", "election_document_removed"]
    assert steps(small, uuid)[1:] == wanted
    log = words(boss.browser.get(f"/manage/elections/{uuid}/log").text)
    assert "A document was taken away." in log


def test_a_document_of_another_election_cannot_be_taken_away_here(small: Portal) -> None:
    boss = administrator(small)
    mine, other = begin(boss), begin(boss)
    send(boss, other)
    number = stored(small, other)[0].id
    assert boss.post(f"/manage/elections/{mine}/documents/{number}/remove").status_code == 303
    assert len(stored(small, other)) == 1


@pytest.mark.parametrize(
    ("content", "name", "say"),
    [(b"", "a.pdf", "empty"), (b"MZ\x90\x00 program", "a.exe", "not taken"), (PDF, "a.docx", "says one thing")],
)
def test_a_file_that_is_not_taken_says_why_and_the_titles_stay(
    small: Portal, content: bytes, name: str, say: str
) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    answer = send(boss, uuid, content, name)
    assert answer.status_code == 422
    assert say in words(answer.text)
    assert 'href="#f-file"' in answer.text
    assert 'value="The text of the law"' in answer.text
    again = boss.browser.get(f"/manage/elections/{uuid}/documents/add")
    assert again.status_code == 303, "whoever presses return in the address line comes back to the list"


def test_there_is_a_limit_and_what_was_typed_stays(small: Portal) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    for number in range(MOST_DOCUMENTS):
        assert send(boss, uuid, PDF + b"%" * number).status_code == 303
    full = send(boss, uuid, PDF + b"% one more", title_en="One too many")
    assert full.status_code == 409
    assert "more do not fit" in words(full.text)
    assert 'value="One too many"' in full.text


def test_a_copy_has_the_same_documents(small: Portal) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    send(boss, uuid)

    async def copied() -> Election:
        return await copy_election(await Election.get(uuid=uuid), as_test=True, actor=SYSTEM, now=clock.now())

    (one,) = stored(small, small.run(copied).uuid)
    assert (one.digest, one.name) == (DIGEST, "نص القانون.pdf")


def test_a_document_whose_content_is_gone_is_a_page_that_is_not_there(small: Portal) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    send(boss, uuid)

    async def lose() -> None:
        await store_for(small.settings).remove(DIGEST)

    small.run(lose)
    assert boss.browser.get(f"/manage/elections/{uuid}/documents/1").status_code == 404


def test_who_only_watches_sees_them_and_changes_nothing(small: Portal) -> None:
    boss = administrator(small)
    uuid = begin(boss)
    send(boss, uuid)
    watching = someone(small, "watch@example.org", Role.OVERSIGHT)
    page = watching.browser.get(f"/manage/elections/{uuid}/documents").text
    assert "The text of the law" in words(page)
    assert not re.search(r'action="[^"]*/documents/', page)
    assert send(watching, uuid, title_en="Mine").status_code == 403
    assert watching.browser.get(f"/manage/elections/{uuid}/documents/1").content == PDF
