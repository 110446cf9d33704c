"""Administration: by administrators only, each change in the audit trail, nothing lost, nothing secret shown."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from app import audit, clock, demo, jobs
from app.accounts.actions import ways
from app.accounts.models import Agency, Membership, Person
from app.admin import choices, letters
from app.admin.models import MailTemplate, PageText
from app.admin.texts import rendered
from app.audit import SYSTEM
from app.main import worker
from app.models import AuditEntry, Job, Message
from app.policy import Role
from tests.app.portal import DATABASES, Portal, fresh_portal, sign_in, sign_up, with_account, words

ADMIN = "admin@demo.example"
PAGES = [
    "/admin",
    "/admin/people",
    "/admin/texts",
    "/admin/texts/privacy",
    "/admin/mails",
    "/admin/mails/confirm",
    "/admin/announcements",
    "/admin/settings",
    "/admin/jobs",
    "/admin/audit",
]


@pytest.fixture(params=DATABASES)
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Portal]:
    with fresh_portal("sqlite", tmp_path) as running:
        yield running


def administrator(portal: Portal, email: str = "boss@example.org") -> httpx2.Client:
    """A browser whose person is an administrator and has just shown who that is."""
    browser = with_account(portal, email, browser=portal.browser(accept_language="en"))

    async def appoint() -> None:
        person = await Person.get(email=email)
        await Membership.create(person=person, role=Role.ADMINISTRATOR, starts_at=clock.now(), granted_by="test")
        await person.sessions.all().update(proven_at=clock.now())

    portal.run(appoint)
    return browser


def verbs(portal: Portal) -> list[str]:
    async def read() -> list[str]:
        assert (await audit.verify()).broken_at is None
        return [entry.verb for entry in await AuditEntry.all().order_by("number")]

    return portal.run(read)


def test_pages_of_administration_open_for_administrators_only(small: Portal) -> None:
    boss, citizen, nobody = administrator(small), with_account(small, "z@example.org"), small.browser()
    for path in PAGES:
        assert boss.get(path).status_code == 200, path
        assert citizen.get(path).status_code == 403, path
        assert nobody.get(path).headers["location"].startswith("/account/sign-in?next=%2Fadmin"), path


def test_a_text_of_a_page_is_replaced_previewed_and_given_back(portal: Portal) -> None:
    boss = administrator(portal)
    typed = {"ar": "", "en": "## Our promise\n\nWe keep **nothing**.", "version": "0"}
    preview = boss.post("/admin/texts/privacy", data=typed | {"preview": "yes"})
    assert "<strong>nothing</strong>" in preview.text
    assert "Our promise" not in portal.browser(accept_language="en").get("/privacy").text
    assert boss.post("/admin/texts/privacy", data=typed).status_code == 303
    assert "<h2>Our promise</h2>" in portal.browser(accept_language="en").get("/privacy").text
    arabic = portal.browser(accept_language="ar").get("/privacy").text
    assert 'lang="en" dir="ltr"' in arabic, "there is no Arabic text, and the page says in which language it is"
    assert boss.post("/admin/texts/privacy", data={"ar": "", "en": "", "version": "1"}).status_code == 303
    assert "Our promise" not in portal.browser(accept_language="en").get("/privacy").text
    assert verbs(portal)[-2:] == ["text_changed", "text_changed"]


def test_two_who_change_one_text_do_not_overwrite_each_other(portal: Portal) -> None:
    boss = administrator(portal)
    first = {"ar": "نصّنا", "en": "ours", "version": "0"}
    assert boss.post("/admin/texts/help", data=first).status_code == 303
    assert boss.post("/admin/texts/help", data=first | {"en": "other"}).status_code == 409
    assert boss.post("/admin/texts/help", data=first | {"en": "other", "version": "1"}).status_code == 303
    assert boss.post("/admin/texts/help", data=first | {"en": "late", "version": "1"}).status_code == 409

    async def read() -> str:
        return (await PageText.get(key="help")).text["en"]

    assert portal.run(read) == "other"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://elsewhere.example/x.png)",
        '<a href="x" onclick="alert(1)">x</a>',
        "<iframe src=x></iframe>",
        "[x](data:text/html,<script>alert(1)</script>)",
    ],
)
def test_a_text_of_a_page_can_do_no_harm(text: str) -> None:
    tags = re.findall(r"<(\w+)([^>]*)>", str(rendered(text)))
    assert {name for name, _attributes in tags} <= {"p", "a"}
    assert all(attributes in {"", ' rel="noopener"'} for _name, attributes in tags), tags


def test_a_mail_must_keep_its_link(portal: Portal) -> None:
    boss = administrator(portal)
    without = boss.post("/admin/mails/confirm", data={"subject_en": "Hello", "body_en": "Hello!", "version": "0"})
    assert without.status_code == 422
    assert "%(link)s" in without.text
    assert "Hello!" in without.text, "what was typed is still there"
    unknown = boss.post("/admin/mails/confirm", data={"body_en": "%(link)s %(name)s", "version": "0"})
    assert unknown.status_code == 422
    right = {"subject_en": "Welcome", "body_en": "Come in: %(link)s", "version": "0"}
    assert boss.post("/admin/mails/confirm", data=right).status_code == 303

    async def read() -> tuple[tuple[str, str], tuple[str, str]]:
        return (
            await letters.compose("confirm", "en", link="https://voice.example/x"),
            await letters.compose("confirm", "ar", link="https://voice.example/x"),
        )

    english, arabic = portal.run(read)
    assert english == ("Welcome", "Come in: https://voice.example/x")
    assert arabic[0] == "أكّد حسابك" or "حسابك" in arabic[0], "the other language keeps our words"
    assert "https://voice.example/x" in arabic[1]


def test_who_asks_for_an_account_gets_the_operator_s_words(small: Portal) -> None:
    boss = administrator(small)
    boss.post("/admin/mails/confirm", data={"subject_ar": "أهلًا بك", "body_ar": "ادخل: %(link)s", "version": "0"})
    sign_up(small.browser(), "new@example.org")
    mail = small.mails()[-1]
    assert mail.subject == "أهلًا بك"
    assert mail.body.startswith("ادخل: http")


def test_our_own_mails_satisfy_what_we_ask_of_others() -> None:
    for letter in letters.LETTERS.values():
        assert letters.mistakes(letter, letter.body) == (set(), set()), letter.key


def test_an_announcement_stands_on_every_page_until_it_ends(portal: Portal) -> None:
    boss = administrator(portal)
    ends = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    made = boss.post("/admin/announcements", data={"ar": "صيانة الليلة", "en": "Maintenance tonight", "ends": ends})
    assert made.status_code == 303
    for path in ("/", "/agencies", "/no-such-page"):
        assert "Maintenance tonight" in portal.browser(accept_language="en").get(path).text
        assert "صيانة الليلة" in portal.browser(accept_language="ar").get(path).text
    assert boss.post("/admin/announcements/1/end").status_code == 303
    assert "Maintenance tonight" not in portal.browser(accept_language="en").get("/").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ends": "2020-01-01T10:00"}, "The end must lie ahead"),
        ({"ends": "tomorrow"}, "Enter day and time"),
        ({"url": "https://elsewhere.example"}, "Enter a path of this portal"),
        ({"url": "//elsewhere.example"}, "Enter a path of this portal"),
        ({"ar": ""}, "Fill in this field"),
    ],
)
def test_a_mistake_in_an_announcement_is_named(small: Portal, changed: dict[str, str], said: str) -> None:
    boss = administrator(small)
    answer = boss.post("/admin/announcements", data={"ar": "نص", "en": "kept", "ends": "2099-01-01T10:00"} | changed)
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert "kept" in answer.text


def test_settings_are_changed_within_their_limits(portal: Portal) -> None:
    boss = administrator(portal)
    now = {key: str(value) for key, value in portal.run(choices.all_chosen).items()}
    refused = boss.post("/admin/settings/change", data=now | {"keep_mails": "9999"})
    assert refused.status_code == 422
    assert "Enter a whole number from 7 to 365." in words(refused.text)
    assert boss.post("/admin/settings/change", data=now | {"keep_mails": "٤٥"}).status_code == 303
    assert portal.run(choices.chosen, "keep_mails") == 45
    assert verbs(portal).count("setting_changed") == 1


def test_what_is_kept_for_how_long_is_what_was_chosen(small: Portal) -> None:
    boss = administrator(small)
    now = {key: str(value) for key, value in small.run(choices.all_chosen).items()}
    boss.post("/admin/settings/change", data=now | {"keep_mails": "10"})

    async def clean() -> int:
        await Message.create(
            recipient="a@example.org", subject="s", body="b", created_at=clock.now() - timedelta(days=12)
        )
        await jobs.enqueue("kernel.clean", now=clock.now())
        await worker(small.settings).drain()
        return await Message.filter(recipient="a@example.org").count()

    assert small.run(clean) == 0


def test_a_setting_that_is_secret_is_not_shown(tmp_path: Path) -> None:
    secrets_set = {"s3_secret": "very-secret-value", "smtp_url": "smtp://u:hidden-password@mail.example:587"}
    with fresh_portal("sqlite", tmp_path, **secrets_set) as portal:

        async def make() -> None:
            await demo.seed(clock.now())

        portal.run(make)
        browser = portal.browser(accept_language="en")
        assert sign_in(browser, ADMIN, demo.PASSWORD).status_code == 303
        page = browser.get("/admin/settings").text
        assert "SAWTUNA_S3_SECRET" in page
        assert "very-secret-value" not in page
        assert "hidden-password" not in page


def test_a_failed_job_is_tried_again_or_given_up(portal: Portal) -> None:
    boss = administrator(portal)

    async def fail() -> tuple[int, int]:
        now = clock.now()
        rows = [
            await Job.create(name="no.such", arguments={}, run_at=now, attempts=8, failed_at=now, error="LookupError")
            for _times in range(2)
        ]
        return rows[0].id, rows[1].id

    first, second = portal.run(fail)
    page = boss.get("/admin/jobs").text
    assert "no.such" in page
    assert "LookupError" in page
    assert boss.post(f"/admin/jobs/{first}/again").status_code == 303
    assert boss.post(f"/admin/jobs/{second}/give-up").status_code == 303
    assert boss.post(f"/admin/jobs/{second}/give-up").status_code == 303, "pressing twice changes nothing"

    async def read() -> list[tuple[bool, bool]]:
        return [
            (job.failed_at is None, job.finished_at is None) for job in await Job.filter(name="no.such").order_by("id")
        ]

    assert portal.run(read) == [(True, True), (True, False)]
    assert [verb for verb in verbs(portal) if verb.startswith("job_")] == ["job_tried_again", "job_given_up"]


def test_an_account_is_blocked_and_opened_again(portal: Portal) -> None:
    boss, citizen = administrator(portal), with_account(portal, "z@example.org")
    number = next(person.id for person in portal.people() if person.email == "z@example.org")
    assert citizen.get("/account").status_code == 200
    assert boss.post(f"/admin/people/{number}/block", data={"reason": ""}).status_code == 422
    assert boss.post(f"/admin/people/{number}/block", data={"reason": "a court order"}).status_code == 303
    assert citizen.get("/account").status_code == 303, "signed out at once"
    assert sign_in(portal.browser(), "z@example.org").status_code == 422
    assert boss.post(f"/admin/people/{number}/unblock", data={"reason": "order lifted"}).status_code == 303
    assert sign_in(portal.browser(), "z@example.org").status_code == 303


def test_nobody_blocks_the_own_account(small: Portal) -> None:
    boss = administrator(small)
    number = small.people()[0].id
    assert boss.post(f"/admin/people/{number}/block", data={"reason": "mistake"}).status_code == 422
    assert boss.get("/admin").status_code == 200


def test_people_are_found_by_part_of_name_address_or_number(small: Portal) -> None:
    boss = administrator(small)

    async def add() -> None:
        for number in range(120):
            await Person.create(
                email=f"n{number}@example.org", name=f"مواطن {number}", password="", created_at=clock.now()
            )

    small.run(add)
    assert "121 accounts" in words(boss.get("/admin/people").text)
    assert "n77@example.org" in boss.get("/admin/people?q=n77").text
    assert "n77@example.org" in boss.get("/admin/people?q=مواطن+77").text
    assert "Nobody fits" in boss.get("/admin/people?q=%25").text
    assert boss.get("/admin/people?page=999999999999").status_code == 200
    assert boss.get("/admin/people/99999999999999999999").status_code == 404
    assert "people_searched" in verbs(small)


def test_the_audit_trail_is_searched(small: Portal) -> None:
    boss = administrator(small)

    async def add() -> None:
        await audit.record(SYSTEM, "did_this", "thing:7", now=clock.now(), reason="سبب")

    small.run(add)
    page = words(boss.get("/admin/audit?target=thing:7").text)
    assert "did_this" in page
    assert "سبب" in page
    assert "No entry fits" in words(boss.get("/admin/audit?target=thing:8").text)
    assert "No entry fits" in words(boss.get("/admin/audit?since=2099-01-01").text)
    assert boss.get("/admin/audit?since=nonsense&until=x&page=-1").status_code == 200


def test_two_who_write_the_first_version_at_once_make_one(portal: Portal) -> None:
    boss = administrator(portal)

    async def both() -> list[int]:
        transport = httpx2.ASGITransport(app=portal.app)
        async with httpx2.AsyncClient(
            transport=transport,
            base_url=portal.settings.base_url,
            cookies=dict(boss.cookies),
            headers=dict(boss.headers),
        ) as client:
            answers = await asyncio.gather(
                *(
                    client.post("/admin/mails/reset", data={"body_en": f"{n} %(link)s", "version": "0"})
                    for n in range(4)
                )
            )
        return sorted(answer.status_code for answer in answers)

    assert portal.run(both) == [303, 409, 409, 409]

    async def count() -> int:
        return await MailTemplate.all().count()

    assert portal.run(count) == 1


def test_an_administrator_of_one_agency_has_no_power_over_the_portal(small: Portal) -> None:
    browser = administrator(small)

    async def narrow() -> None:
        agency = await Agency.create(slug="tiny", kind="office", name={"ar": "مكتب"}, summary={}, address={})
        await Membership.all().update(agency_id=agency.id)

    small.run(narrow)
    for path in PAGES:
        assert browser.get(path).status_code == 403, path
    for path in ("/admin/people/1/block", "/admin/mails/reset", "/admin/announcements", "/admin/settings/change"):
        assert browser.post(path, data={"reason": "because"}).status_code == 403, path
    assert browser.get("/organizations/waiting").status_code == 403


def test_accounts_that_were_never_confirmed_are_forgotten(small: Portal) -> None:
    async def forget() -> list[str | None]:
        now = clock.now()
        for days in (1, 20):
            await Person.create(
                email=f"{days}@example.org", name="Z", password="", created_at=now - timedelta(days=days)
            )
        await ways.forget_old(now)
        return [person.email for person in await Person.all()]

    assert small.run(forget) == ["1@example.org"]
