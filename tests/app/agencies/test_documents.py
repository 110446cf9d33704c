"""Documents of an agency: taken in with their titles, downloaded by everybody, shown by no browser."""

from pathlib import Path

import pytest
from httpx2 import Response

from app.accounts.models import AgencyDocument
from app.attachments import store_for
from app.models import StoredFile
from app.policy import Role
from tests.app.agencies.tree import Tree, grown
from tests.app.people import someone
from tests.app.portal import fresh_portal, words

PATH = "/manage/agencies/mains/documents"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def send(tree: Tree, content: bytes = PDF, name: str = "ميثاق.pdf", **fields: str) -> Response:
    titled = {"title_ar": "ميثاق الخدمة", "title_en": "Service charter", **fields}
    return tree.admin.browser.post(PATH, data=titled, files={"file": (name, content, "application/pdf")})


def test_a_document_is_added_and_everybody_can_save_it(both: Tree) -> None:
    assert send(both).headers["location"] == f"{PATH}?done=document-added"
    visitor = both.portal.browser(accept_language="en")
    page = visitor.get("/agencies/mains").text
    assert "Service charter" in words(page)
    link = "/agencies/mains/documents/" + page.partition('href="/agencies/mains/documents/')[2].partition('"')[0]
    answer = visitor.get(link)
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D9%85" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    number = link.rpartition("/")[2]
    assert both.admin.post(f"/manage/agencies/roads/documents/{number}/remove").status_code == 303
    assert visitor.get(link).status_code == 200, "it is not for the page of another agency to remove it"
    assert both.admin.post(f"{PATH}/{number}/remove").status_code == 303
    assert visitor.get(link).status_code == 404
    assert both.verbs() == ["added_document", "removed_document"]


def test_sending_the_same_twice_shows_it_once(tree: Tree) -> None:
    for _times in range(2):
        assert send(tree).status_code == 303

    async def shown() -> int:
        return await AgencyDocument.filter(removed_at=None).count()

    assert tree.portal.run(shown) == 1


@pytest.mark.parametrize(
    ("content", "name", "say"),
    [
        (b"", "a.pdf", "empty"),
        (b"MZ\x90\x00 program", "a.exe", "not taken"),
        (b"<html><script>alert(1)</script>", "a.txt", "not taken"),
        (PDF, "a.docx", "says one thing"),
    ],
)
def test_a_file_that_is_not_taken_says_why_and_the_titles_stay(tree: Tree, content: bytes, name: str, say: str) -> None:
    answer = send(tree, content, name)
    assert answer.status_code == 422
    assert say in words(answer.text)
    assert 'href="#f-file"' in answer.text
    assert 'value="Service charter"' in answer.text
    assert 'aria-describedby="h-file e-file"' in answer.text


def test_every_mistake_is_told_at_once_and_no_file_is_kept_for_nothing(tree: Tree) -> None:
    answer = send(tree, title_ar="")
    assert answer.status_code == 422
    assert 'href="#f-title_ar"' in answer.text
    none = tree.admin.post(PATH, title_en="Service charter")
    assert 'href="#f-file"' in none.text
    assert 'href="#f-title_ar"' in none.text

    async def kept() -> int:
        return await StoredFile.all().count()

    assert tree.portal.run(kept) == 0


def test_a_file_may_be_larger_than_other_requests_but_not_than_the_setting(tmp_path: Path) -> None:
    with fresh_portal("sqlite", tmp_path, max_upload_mb=3) as portal:
        tree = grown(portal)
        assert send(tree, PDF + b"%" * (2 << 20)).status_code == 303
        large = send(tree, PDF + b"%" * (3 << 20))
        assert large.status_code == 422
        assert "at most 3 MB" in words(large.text)


def test_a_document_whose_content_is_gone_is_a_page_that_is_not_there(tree: Tree) -> None:
    send(tree)

    async def lose() -> int:
        document = await AgencyDocument.get().select_related("file")
        await store_for(tree.portal.settings).remove(document.file.digest)
        return document.id

    number = tree.portal.run(lose)
    assert tree.portal.browser().get(f"/agencies/mains/documents/{number}").status_code == 404


def test_only_who_looks_after_the_agency_adds_documents(tree: Tree) -> None:
    one = someone(tree.portal, "one@example.org", Role.SUPERVISOR, tree.roads)
    answer = one.browser.post(PATH, data={"title_ar": "س"}, files={"file": ("a.pdf", PDF, "application/pdf")})
    assert answer.status_code == 403
