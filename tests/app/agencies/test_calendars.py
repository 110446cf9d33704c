"""Working calendars: what holds on a day, whether somebody is there, when somebody is there again."""

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.calendars import (
    DEFAULT,
    END_OF_DAY,
    WEEKDAYS,
    Inherited,
    Unusable,
    Version,
    Window,
    WorkingCalendar,
    closes_at,
    is_open,
    minutes,
    next_opening,
    read_days_off,
    spoken,
    stretches,
    working_windows,
    write_days_off,
)
from app.accounts.forms.calendars import read_calendar, rows_shown, shown
from app.forms import Invalid
from tests.app.agencies.tree import PATIENT

BAGHDAD = ZoneInfo("Asia/Baghdad")
SUNDAY = date(2026, 3, 1)


@st.composite
def windows_of_a_day(draw: st.DrawFn) -> tuple[Window, ...]:
    ends = sorted(draw(st.sets(st.integers(0, END_OF_DAY // 30), min_size=0, max_size=6)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return tuple(Window(start * 30, end * 30) for start, end in pairs)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    hours = {day: draw(windows_of_a_day()) for day in WEEKDAYS}
    hours["sun"] = hours["sun"] or (Window(480, 900),)
    zone = draw(st.sampled_from(["Asia/Baghdad", "Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"]))
    off = draw(st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=5))
    return WorkingCalendar(ZoneInfo(zone), hours, {day: {"ar": "عطلة"} for day in off})


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - naive on purpose


@PATIENT
@given(calendars())
def test_a_calendar_comes_back_from_the_table_as_it_went_in(calendar: WorkingCalendar) -> None:
    zone, hours, days_off = calendar.stored()
    assert WorkingCalendar.parse(zone, hours, days_off).stored() == calendar.stored()


@PATIENT
@given(calendars(), MOMENTS)
def test_somebody_is_there_exactly_within_the_hours_of_the_wall_clock(calendar: WorkingCalendar, now: datetime) -> None:
    wall = now.astimezone(calendar.zone)
    naive = wall.replace(tzinfo=None)
    near = timedelta(hours=3)  # around a change of the clock the wall shows an hour twice, or never
    steady = all((wall + step).utcoffset() == wall.utcoffset() for step in (-near, near))
    minute = naive.hour * 60 + naive.minute
    inside = any(one.start <= minute < one.end for one in working_windows(calendar, naive.date()))
    if steady:
        assert is_open(calendar, now) == inside


@PATIENT
@given(calendars(), MOMENTS)
def test_when_work_begins_again_it_was_closed_before_and_is_open_then(calendar: WorkingCalendar, now: datetime) -> None:
    opening = next_opening(calendar, now)
    assert opening is None or opening > now
    if opening is not None:
        assert is_open(calendar, opening)
        assert not is_open(calendar, opening - timedelta(seconds=1))


@PATIENT
@given(calendars(), MOMENTS)
def test_until_it_closes_it_is_open_and_then_no_more(calendar: WorkingCalendar, now: datetime) -> None:
    closing = closes_at(calendar, now)
    if closing is not None and closing - now < timedelta(days=12):
        assert is_open(calendar, closing - timedelta(seconds=1))
        assert not is_open(calendar, closing)


@PATIENT
@given(calendars())
def test_nobody_works_on_a_day_off(calendar: WorkingCalendar) -> None:
    for day in calendar.days_off:
        assert working_windows(calendar, day) == ()
        assert stretches(calendar, day) == []


@PATIENT
@given(st.integers(0, END_OF_DAY))
def test_every_minute_of_a_day_can_be_written_and_read(minute: int) -> None:
    assert minutes(spoken(minute)) == minute


@PATIENT
@given(st.text(max_size=8))
def test_no_text_breaks_the_reading_of_a_time(text: str) -> None:
    with contextlib.suppress(Unusable):
        assert 0 <= minutes(text) <= END_OF_DAY


def at(hour: int, minute: int = 0, day: date = SUNDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), BAGHDAD)


def test_by_default_the_week_is_sunday_to_thursday_from_eight_to_three() -> None:
    assert is_open(DEFAULT, at(8))
    assert not is_open(DEFAULT, at(15))
    assert not is_open(DEFAULT, at(10, day=SUNDAY + timedelta(days=5)))
    assert closes_at(DEFAULT, at(9)) == at(15)
    assert next_opening(DEFAULT, at(16, day=SUNDAY + timedelta(days=4))) == at(8, day=SUNDAY + timedelta(days=7))


def test_a_shift_over_midnight_is_one_stretch() -> None:
    guard = WorkingCalendar.parse("Asia/Baghdad", {"sun": [["20:00", "24:00"]], "mon": [["00:00", "06:00"]]})
    assert closes_at(guard, at(23)) == at(6, day=SUNDAY + timedelta(days=1))


def test_who_never_closes_is_open_and_opens_no_more() -> None:
    always = WorkingCalendar.parse("UTC", {day: [["00:00", "24:00"]] for day in WEEKDAYS})
    assert is_open(always, at(3))
    assert next_opening(always, at(3)) is None


def test_clocks_that_spring_forward_swallow_no_day() -> None:
    berlin = WorkingCalendar.parse("Europe/Berlin", {day: [["02:00", "03:00"], ["08:00", "16:00"]] for day in WEEKDAYS})
    assert [end - start for start, end in stretches(berlin, date(2026, 3, 29))] == [timedelta(hours=8)]
    assert len(stretches(berlin, date(2026, 3, 28))) == 2


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        ({}, "empty"),
        ({"sun": []}, "empty"),
        ({"sun": [["15:00", "08:00"]]}, "order"),
        ({"sun": [["08:00", "08:00"]]}, "order"),
        ({"sun": [["08:00", "24:30"]]}, "clock"),
        ({"sun": [["08:00", "12:00"], ["11:00", "14:00"]]}, "overlap"),
        ({"someday": [["08:00", "12:00"]]}, "weekday"),
    ],
)
def test_what_is_no_calendar_is_refused(hours: dict[str, list[list[str]]], why: str) -> None:
    with pytest.raises(Unusable) as refused:
        WorkingCalendar.parse("Asia/Baghdad", hours)
    assert refused.value.why == why


@pytest.mark.parametrize("zone", ["", "Baghdad", "Mars/Base", "../etc/passwd", "EST5EDT", "posixrules"])
def test_a_zone_is_a_place_of_the_database(zone: str) -> None:
    with pytest.raises(Unusable):
        WorkingCalendar.parse(zone, {"sun": [["08:00", "12:00"]]})


def test_the_newest_calendar_that_has_begun_holds_and_where_none_has_the_one_above() -> None:
    short = WorkingCalendar.parse("UTC", {"sun": [["08:00", "10:00"]]})
    long = WorkingCalendar.parse("UTC", {"sun": [["08:00", "20:00"]]})
    later = SUNDAY + timedelta(days=7)
    own = [Version(SUNDAY, short), Version(later, long), Version(SUNDAY, long)]
    calendar = Inherited([own, [Version(date(2020, 1, 1), short)]], DEFAULT)
    assert calendar.found(SUNDAY) == (0, long)  # of two from one day the one that was made later
    assert calendar.found(SUNDAY - timedelta(days=1)) == (1, short)
    assert calendar.found(date(2019, 1, 1)) == (None, DEFAULT)
    given_up = Inherited([[Version(SUNDAY, short), Version(later, None)]], DEFAULT)
    assert given_up.on(SUNDAY) is short
    assert given_up.on(later) is DEFAULT


def test_days_off_are_read_as_people_write_them() -> None:
    text = "\ufeffdate,name_ar,name_en\n2026-03-21, عيد نوروز, Nowruz\n2026-05-01؛\n".replace("؛", "، عيد العمال")
    days = read_days_off(text)
    assert days[date(2026, 3, 21)] == {"ar": "عيد نوروز", "en": "Nowruz"}
    assert days[date(2026, 5, 1)] == {"ar": "عيد العمال"}
    assert read_days_off(write_days_off(days)) == days


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ("2026-03-21", "name", "1"),
        ("2026-03-21, ا\n\n2026-03-21, ب", "twice", "3"),
        ("21.3.2026, ا", "date", "1"),
        ("2026-03-21, ا, b, c", "parts", "1"),
    ],
)
def test_a_mistake_in_the_days_off_names_its_line(text: str, why: str, line: str) -> None:
    with pytest.raises(Unusable) as refused:
        read_days_off(text)
    assert (refused.value.why, refused.value.where) == (why, line)


def test_the_form_shows_a_calendar_and_reads_the_same_one() -> None:
    calendar = WorkingCalendar.parse(
        "Asia/Baghdad",
        {"sun": [["08:00", "12:00"], ["13:00", "15:00"], ["20:00", "24:00"]]},
        {"2026-03-21": {"ar": "ن"}},
    )
    values = shown(calendar, SUNDAY, 7)
    assert rows_shown(values) == 3
    again = read_calendar(values)
    assert again.calendar.stored() == calendar.stored()
    assert (again.valid_from, again.seen) == (SUNDAY, 7)


def test_times_in_arabic_digits_are_as_good() -> None:
    values = shown(DEFAULT, SUNDAY, 0) | {"sun_1_from": "٠٨:٣٠", "valid_from": "٢٠٢٦-٠٣-٠١"}
    assert read_calendar(values).calendar.hours["sun"] == (Window(510, 900),)


def test_every_mistake_of_the_form_stands_beside_its_field() -> None:
    values = shown(DEFAULT, SUNDAY, 0) | {
        "sun_1_to": "",
        "mon_1_from": "8 o'clock",
        "tue_2_from": "14:00",
        "tue_2_to": "16:00",
        "zone": "here",
        "valid_from": "soon",
        "days_off": "x",
    }
    with pytest.raises(Invalid) as refused:
        read_calendar(values)
    assert set(refused.value.entered.errors) == {"sun", "mon", "tue", "zone", "valid_from", "days_off"}
    assert refused.value.entered.value("mon_1_from") == "8 o'clock"


def test_a_form_without_hours_is_refused_because_deadlines_would_never_come() -> None:
    values = shown(DEFAULT, SUNDAY, 0)
    values = {
        name: "" if name.endswith(("_from", "_to")) and name[:3] in WEEKDAYS else value
        for name, value in values.items()
    }
    with pytest.raises(Invalid) as refused:
        read_calendar(values)
    assert set(refused.value.entered.errors) == {"hours"}
