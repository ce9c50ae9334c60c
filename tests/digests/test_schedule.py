"""Windows of digests have no gap and no overlap, whatever clocks do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.digests.schedule import (
    EPOCH,
    STEP_HOURS,
    InvalidSchedule,
    Period,
    Schedule,
    before,
    last_complete,
    parse_schedule,
    window,
)
from webhooks_app.vocabulary import Frequency

pytestmark = pytest.mark.whole  # properties over centuries of clocks

ZONES = [
    "Africa/Casablanca",  # clocks go back for Ramadan
    "America/New_York",
    "America/Sao_Paulo",  # clocks went forward at midnight, until 2019
    "Asia/Kathmandu",  # 5:45 ahead
    "Australia/Lord_Howe",  # by half an hour
    "Europe/London",
    "Pacific/Apia",  # left out 30 December 2011
    "UTC",
]
FIRST, LAST = datetime(2010, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LONGEST = {
    Frequency.HOURLY: timedelta(hours=25),
    Frequency.EVERY_4_HOURS: timedelta(hours=28),
    Frequency.EVERY_6_HOURS: timedelta(hours=30),
    Frequency.DAILY: timedelta(days=2),
    Frequency.EVERY_2_DAYS: timedelta(days=3),
    Frequency.WEEKLY: timedelta(days=8, hours=1),
}

moments = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
schedules = st.builds(
    Schedule,
    st.sampled_from(Frequency),
    st.integers(0, 23),
    st.integers(0, 6),
    st.sampled_from(ZONES).map(ZoneInfo),
)


def schedule(frequency: str, zone: str = "UTC", hour: int = 9, weekday: int = 0) -> Schedule:
    return Schedule(Frequency(frequency), hour, weekday, ZoneInfo(zone))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def transitions(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The first quarter of an hour with another offset, after each change."""
    moment = start
    while moment < end:
        if (moment - QUARTER).astimezone(zone).utcoffset() != moment.astimezone(zone).utcoffset():
            yield moment
        moment += QUARTER


def wanted(schedule: Schedule, wall: datetime) -> bool:
    """Whether a clock that shows this marks a boundary, written without the code under test."""
    if step := STEP_HOURS.get(schedule.frequency):
        return wall.minute == 0 and (wall.hour - schedule.hour) % step == 0
    if (wall.hour, wall.minute) != (schedule.hour, 0):
        return False
    if schedule.frequency is Frequency.WEEKLY:
        return wall.weekday() == schedule.weekday
    if schedule.frequency is Frequency.EVERY_2_DAYS:
        return (wall.date() - EPOCH).days % 2 == 0
    return True


def watched(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    """The boundaries that someone sees who looks at a clock every quarter of an hour.

    A time shown for the second time is not a boundary; a skipped time is one, as much later as the
    clock skipped.
    """
    found: set[datetime] = set()
    moment = start
    while moment <= end:
        local, earlier = (m.astimezone(schedule.zone) for m in (moment, moment - QUARTER))
        wall, leapt = local.replace(tzinfo=None), earlier.replace(tzinfo=None) + QUARTER
        if not local.fold and wanted(schedule, wall):
            found.add(moment)
        while leapt < wall:
            if wanted(schedule, leapt):
                found.add(leapt.replace(tzinfo=UTC) - (earlier.utcoffset() or timedelta()))
            leapt += QUARTER
        moment += QUARTER
    return sorted(one for one in found if start < one <= end)


def boundaries(schedule: Schedule, start: datetime, end: datetime) -> list[datetime]:
    found = []
    while (start := schedule.next_boundary(start)) <= end:
        found.append(start)
    return found


@given(schedules, moments)
def test_boundaries_follow_one_another(schedule: Schedule, moment: datetime) -> None:
    last, following = schedule.last_boundary(moment), schedule.next_boundary(moment)
    assert last <= moment < following
    assert schedule.next_boundary(last) == following
    assert schedule.last_boundary(following) == following
    assert schedule.last_boundary(following - timedelta(microseconds=1)) == last
    assert following - last <= LONGEST[schedule.frequency]


@given(
    st.lists(
        st.tuples(schedules, st.integers(0, 4_000_000), st.booleans()), min_size=1, max_size=30
    ),
    moments,
)
def test_windows_tile_time_whatever_happens(
    beats: list[tuple[Schedule, int, bool]], since: datetime
) -> None:
    """Edited schedules and zones, repeated beats, hours and weeks of downtime.

    A send that fails after its window was stored changes nothing; one that fails before is
    repeated.
    """
    told: list[Period] = []
    now = since
    for each, seconds, kept in beats:
        now += timedelta(seconds=seconds)
        last_end = told[-1].end if told else since
        found = window(each, last_end, now)
        if found is None:
            assert each.next_boundary(last_end) > now
            continue
        assert found.start == last_end
        assert found.start < found.end <= now < each.next_boundary(found.end)
        if kept:
            told.append(found)
            assert window(each, found.end, now) is None
    assert all(one.end == other.start for one, other in pairwise(told))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("frequency", ["daily", "every_2_days", "weekly"])
def test_in_25_years_every_day_has_its_hour(name: str, frequency: str) -> None:
    each = schedule(frequency, name, hour=2)
    found = boundaries(each, FIRST, LAST)
    walls = [moment.astimezone(each.zone).replace(tzinfo=None) for moment in found]
    off = [wall for wall in walls if wall.time().hour != 2]
    assert all(not _exists(wall.replace(hour=2, minute=0), each.zone) for wall in off)
    days = [wall.date() for wall in walls]
    steps = {(b - a).days for a, b in pairwise(days)}
    usual = {"daily": {1}, "every_2_days": {2}, "weekly": {7}}[frequency]
    assert steps <= usual | ({1, 2, 3, 6, 8} if name == "Pacific/Apia" else set())


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return there.replace(tzinfo=None) == wall


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("frequency", Frequency)
@pytest.mark.parametrize("hour", [0, 2])
def test_boundaries_are_what_a_clock_shows_around_every_change(
    name: str, frequency: Frequency, hour: int
) -> None:
    for change in transitions(ZoneInfo(name), utc(2010, 1, 1), utc(2014, 1, 1)):
        each = schedule(frequency, name, hour, weekday=change.weekday())
        start, end = change - timedelta(days=3), change + timedelta(days=3)
        assert boundaries(each, start, end) == watched(each, start, end)


@given(schedules, moments)
def test_boundaries_are_what_a_clock_shows(schedule: Schedule, start: datetime) -> None:
    start = start.replace(minute=0, second=0, microsecond=0)
    end = start + timedelta(days=15)
    assert boundaries(schedule, start, end) == watched(schedule, start, end)


def test_a_daily_nine_stays_nine_when_clocks_change() -> None:
    london = schedule("daily", "Europe/London")
    assert boundaries(london, utc(2026, 3, 27, 12), utc(2026, 3, 30, 12)) == [
        utc(2026, 3, 28, 9),
        utc(2026, 3, 29, 8),
        utc(2026, 3, 30, 8),
    ]


def test_an_hour_that_is_left_out_comes_later_and_one_that_comes_twice_counts_once() -> None:
    at_two, at_one = (
        schedule("daily", "America/New_York", 2),
        schedule("daily", "America/New_York", 1),
    )
    assert at_two.next_boundary(utc(2026, 3, 8)) == utc(
        2026, 3, 8, 7
    )  # 3:00, since 2:00 was skipped
    assert boundaries(at_one, utc(2026, 11, 1), utc(2026, 11, 2)) == [utc(2026, 11, 1, 5)]


def test_a_day_that_is_left_out_has_no_digest_of_its_own() -> None:
    apia = schedule("daily", "Pacific/Apia")
    found = boundaries(apia, utc(2011, 12, 28, 20), utc(2011, 12, 31, 20))
    assert [moment.astimezone(apia.zone).day for moment in found] == [29, 31, 1]


def test_the_hour_shifts_what_comes_several_times_a_day() -> None:
    each = schedule("every_6_hours", hour=9)
    assert [b.hour for b in boundaries(each, utc(2026, 1, 1), utc(2026, 1, 2))] == [3, 9, 15, 21]


def test_after_downtime_one_digest_covers_it_all() -> None:
    hourly = schedule("hourly")
    assert window(hourly, utc(2026, 1, 1, 5), utc(2026, 1, 3, 7, 30)) == Period(
        utc(2026, 1, 1, 5), utc(2026, 1, 3, 7)
    )


def test_a_change_of_zone_leaves_no_gap() -> None:
    last = window(schedule("daily", "Asia/Kathmandu"), utc(2026, 1, 1), utc(2026, 1, 2, 4))
    assert last == Period(utc(2026, 1, 1), utc(2026, 1, 2, 3, 15))
    following = window(schedule("daily", "America/New_York"), last.end, utc(2026, 1, 2, 15))
    assert following == Period(utc(2026, 1, 2, 3, 15), utc(2026, 1, 2, 14))


@given(schedules, moments)
def test_the_last_complete_window_lies_between_two_boundaries(
    schedule: Schedule, now: datetime
) -> None:
    found = last_complete(schedule, now)
    assert found.end == schedule.last_boundary(now)
    assert schedule.next_boundary(found.start) == found.end


@given(schedules, moments)
def test_the_period_before_ends_where_this_one_begins(schedule: Schedule, now: datetime) -> None:
    told = last_complete(schedule, now)
    earlier = before(told, schedule.zone)
    assert earlier.end == told.start
    assert timedelta(0) < earlier.end - earlier.start <= timedelta(days=9)


def test_the_period_before_is_as_long_by_the_clock() -> None:
    london = ZoneInfo("Europe/London")
    of_25_hours = Period(utc(2026, 10, 24, 8), utc(2026, 10, 25, 9))
    following = Period(utc(2026, 10, 25, 9), utc(2026, 10, 26, 9))
    assert before(of_25_hours, london) == Period(utc(2026, 10, 23, 8), utc(2026, 10, 24, 8))
    assert before(following, london) == of_25_hours


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        ({}, "frequency"),
        ({"frequency": "yearly"}, "frequency"),
        ({"frequency": "daily", "hour": 24}, "hour"),
        ({"frequency": "daily", "hour": True}, "hour"),
        ({"frequency": "daily", "hour": "9"}, "hour"),
        ({"frequency": "daily", "hour": [9]}, "hour"),
        ({"frequency": "weekly", "weekday": 7}, "weekday"),
        ({"frequency": "daily", "time_zone": "Mars/Base"}, "time_zone"),
        ({"frequency": "daily", "time_zone": "../etc/passwd"}, "time_zone"),
    ],
)
def test_what_cannot_be_used_is_refused(raw: dict[str, object], member: str) -> None:
    parse_schedule({"frequency": "daily", "hour": 1}, "UTC")  # equal to True, but right
    with pytest.raises(InvalidSchedule) as error:
        parse_schedule(raw, "UTC")
    assert error.value.member == member


def test_without_a_zone_it_is_the_organisations() -> None:
    assert parse_schedule({"frequency": "daily"}, "Asia/Tokyo").zone.key == "Asia/Tokyo"
    raw = {"frequency": "daily", "time_zone": "Europe/Paris"}
    assert parse_schedule(raw, "Asia/Tokyo").zone.key == "Europe/Paris"
