"""When people are told: quiet hours over midnight, the hour of the daily mail, in the portal's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notices.rules import after_quiet, is_quiet, last_digest

BAGHDAD, BERLIN, KATHMANDU = ZoneInfo("Asia/Baghdad"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")


def at(text: str, zone: ZoneInfo = BAGHDAD) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-05T21:59", None),
        ("2026-11-05T22:00", "2026-11-06T07:00"),
        ("2026-11-05T23:59", "2026-11-06T07:00"),
        ("2026-11-06T00:00", "2026-11-06T07:00"),
        ("2026-11-06T06:59", "2026-11-06T07:00"),
        ("2026-11-06T07:00", None),
    ],
)
def test_quiet_hours_go_over_midnight(now: str, end: str | None) -> None:
    assert after_quiet(at(now), 22, 7, BAGHDAD) == at(end or now)


def test_quiet_hours_within_a_day() -> None:
    assert is_quiet(at("2026-11-05T13:30"), 13, 16, BAGHDAD)
    assert not is_quiet(at("2026-11-05T16:00"), 13, 16, BAGHDAD)
    assert after_quiet(at("2026-11-05T13:30"), 13, 16, BAGHDAD) == at("2026-11-05T16:00")


@pytest.mark.parametrize(("start", "until"), [(None, None), (22, None), (None, 7), (7, 7)])
def test_without_two_different_hours_nothing_is_quiet(start: int | None, until: int | None) -> None:
    now = at("2026-11-05T07:00")
    assert not is_quiet(now, start, until, BAGHDAD)
    assert after_quiet(now, start, until, BAGHDAD) == now


def test_the_night_in_which_the_clock_is_set_ends_at_the_hour_on_the_wall() -> None:
    assert after_quiet(at("2026-03-28T23:00", BERLIN), 22, 7, BERLIN) == at("2026-03-29T07:00", BERLIN)
    assert after_quiet(at("2026-10-24T23:00", BERLIN), 22, 7, BERLIN) == at("2026-10-25T07:00", BERLIN)


def test_the_daily_mail_is_due_at_its_hour_today_or_was_yesterday() -> None:
    assert last_digest(at("2026-11-05T08:00"), 8, BAGHDAD) == at("2026-11-05T08:00")
    assert last_digest(at("2026-11-05T07:59"), 8, BAGHDAD) == at("2026-11-04T08:00")
    assert last_digest(at("2026-11-05T00:30"), 0, BAGHDAD) == at("2026-11-05T00:00")


@given(
    minutes=st.integers(0, 20 * 366 * 24 * 60),
    start=st.integers(0, 23),
    until=st.integers(0, 23),
    zone=st.sampled_from([BAGHDAD, BERLIN, KATHMANDU]),
)
def test_after_quiet_hours_it_is_never_quiet_and_never_long_past(
    minutes: int, start: int, until: int, zone: ZoneInfo
) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = after_quiet(now, start, until, zone)
    assert now <= end <= now + timedelta(hours=25)
    assert not is_quiet(end, start, until, zone)
    assert timedelta() <= now - last_digest(now, until, zone) <= timedelta(hours=25)
