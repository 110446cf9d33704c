"""The page of results, as browsers and programs meet it; and the command that builds the index anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from app.accounts.models import Person
from app.admin import actions as admin
from app.admin.forms import Text
from app.audit import Actor
from app.clock import now
from app.features import Entry
from app.limits import Rule
from app.main import FEATURES
from app.search import actions, queries, web
from app.search.models import Document
from app.search.texts import chapters
from tests.app.portal import Portal, fresh_portal, with_account, words


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal with its pages and two things of agencies."""
    with fresh_portal("sqlite", tmp_path_factory.mktemp("search")) as made:

        async def fill() -> None:
            await actions.rebuild([feature.documents for feature in FEATURES if feature.documents], now())
            title = {"ar": "الشركة العامة للحافلات", "en": "Public Bus Company"}
            await actions.index(Entry("agency", "1", title, "/agencies/buses", {"ar": "خطوط <b>الحافلات</b>"}), now())
            for number in range(45):
                thing = Entry("agency", f"lamp{number}", {"en": f"Lamp {number}"}, f"/lamps/{number}")
                await actions.index(thing, now())

        made.run(fill)
        yield made


def test_results_are_shown_with_the_found_words_marked_and_everything_escaped(portal: Portal) -> None:
    page = portal.client.get("/search?q=حافلات").text
    assert '<a href="/agencies/buses">الشركة العامة <mark>للحافلات</mark></a>' in page
    assert "خطوط &lt;b&gt;<mark>الحافلات</mark>&lt;/b&gt;" in page


def test_words_that_stand_in_the_other_language_are_shown_in_it(portal: Portal) -> None:
    page = portal.client.get("/search?q=bus+company").text
    assert '<p class="find__say" lang="en"><bdi>Public <mark>Bus</mark> <mark>Company</mark></bdi></p>' in page
    english = portal.client.get("/search?q=حافلات", headers={"accept-language": "en"}).text
    assert '<span lang="ar" dir="rtl">خطوط &lt;b&gt;<mark>الحافلات</mark>&lt;/b&gt;</span>' in english


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}"])
def test_what_was_typed_is_shown_as_text(portal: Portal, typed: str) -> None:
    page = portal.client.get("/search", params={"q": typed})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


@pytest.mark.parametrize(
    "query", ["q=", "q=%20", "", "q=%00", "q=%F0%9F%8C%8A", "q=lamp&page=x&kind=%27%3B--", "q=" + "a" * 3000]
)
def test_whatever_is_asked_there_is_a_page(portal: Portal, query: str) -> None:
    assert portal.client.get(f"/search?{query}").status_code == 200


def test_a_long_list_comes_in_pages_that_keep_question_and_kind(portal: Portal) -> None:
    first = portal.client.get("/search?q=lamp&kind=agency").text
    assert 'href="/search?q=lamp&amp;kind=agency&amp;page=2"' in first
    second = portal.client.get("/search?q=lamp&kind=agency&page=2").text
    assert second.count('class="find"') == queries.PAGE
    assert portal.client.get("/search?q=lamp&page=٣").text.count('class="find"') == 5


def test_htmx_gets_the_results_alone(portal: Portal) -> None:
    part = portal.client.get("/search?q=bus", headers={"hx-request": "true", "hx-request-type": "partial"}).text
    assert "<mark>" in part
    assert "<html" not in part


def test_the_chapters_of_our_pages_are_found_in_both_languages(portal: Portal) -> None:
    assert 'href="/help#limits"' in portal.client.get("/search?q=متى+لا+ينبغي").text
    english = portal.client.get("/search?q=when+not+to+vote", headers={"accept-language": "en"})
    assert 'href="/help#limits"' in english.text
    assert "%(" not in words(portal.client.get("/search?q=البوابة").text)


@pytest.mark.parametrize("name", ["help", "transparency", "accessibility", "privacy"])
def test_every_link_to_a_chapter_leads_to_it(portal: Portal, name: str) -> None:
    page = portal.client.get(f"/{name}", headers={"accept-language": "en"}).text
    found = list(chapters(f"{name}.html", f"/{name}"))
    assert len(found) > 3
    for entry in found[1:]:
        assert f'id="{entry.url.partition("#")[2]}"' in page
        assert entry.title["en"] in words(page)
        assert entry.excerpt["en"][:60] in words(page)


def test_only_its_person_finds_what_belongs_to_a_person(portal: Portal) -> None:
    own = with_account(portal, "zainab@example.org")

    async def fill() -> None:
        person = await Person.get(email="zainab@example.org")
        thing = Entry("complaint", "9", {"en": "Broken streetlight"}, "/mine/9", seen_by=f"person:{person.id}")
        await actions.index(thing, now())

    portal.run(fill)
    assert 'href="/mine/9"' in own.get("/search?q=streetlight").text
    assert own.get("/search?q=streetlight").headers["cache-control"] == "no-store"
    for other in (portal.browser(), with_account(portal, "other@example.org")):
        assert "/mine/9" not in other.get("/search?q=streetlight").text


def test_one_network_cannot_keep_the_database_busy(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "ASKED", Rule("search-of-test", "3/minute"))
    busy = portal.browser(client="198.51.100.7")
    assert [busy.get("/search?q=x").status_code for _time in range(4)] == [200, 200, 200, 429]
    assert busy.get("/search").status_code == 200
    assert portal.client.get("/search?q=x").status_code == 200


def test_the_index_holds_what_every_feature_names(portal: Portal) -> None:
    async def count() -> int:
        return await Document.filter(kind="page").count()

    assert portal.run(count) == sum(
        len(list(chapters(f"{name}.html", f"/{name}"))) for name in ("help", "transparency", "accessibility", "privacy")
    )


def test_a_text_that_an_administrator_has_replaced_is_found_and_ours_no_more(portal: Portal) -> None:
    by = Actor("command:test")

    def change(arabic: str, version: int) -> None:
        form = Text(ar=arabic, en="", version=version)
        portal.run(partial(admin.change_text, "privacy", form, actor=by, now=now()))
        portal.work()

    change("## شجرة النخيل\n\nنحفظ **اسمك** فقط.", 0)
    page = portal.client.get("/search?q=النخيل").text
    assert 'find__title"><a href="/privacy"' in page
    assert "نحفظ اسمك فقط" in words(page)
    assert "/privacy#" not in portal.client.get("/search?q=cookies").text
    change("", 1)
    assert 'find__title"><a href="/privacy"' not in portal.client.get("/search?q=النخيل").text
    assert 'href="/privacy#cookies"' in portal.client.get("/search?q=cookies").text
