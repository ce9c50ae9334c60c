"""When digests are due, by wall-clock time in their time zone. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from webhooks_app.lib.times import time_zones
from webhooks_app.vocabulary import Frequency

# "Every 2 days" counts from here, so no restart or edit shifts it.
EPOCH = date(2024, 1, 1)
DAY = timedelta(days=1)


STEP_HOURS = {Frequency.HOURLY: 1, Frequency.EVERY_4_HOURS: 4, Frequency.EVERY_6_HOURS: 6}
# Within this many days there is a boundary on either side, even where a zone skipped a day.
REACH_DAYS = {Frequency.EVERY_2_DAYS: 4, Frequency.WEEKLY: 9}
SHORTEST_REACH_DAYS = 2


class InvalidSchedule(ValueError):
    """A schedule is not valid: `member` says which part, the message why."""

    def __init__(self, member: str, detail: str) -> None:
        super().__init__(detail)
        self.member = member


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """`hour`, 0 to 23, also shifts digests that come several times a day; `weekday` 0 is Monday."""

    frequency: Frequency
    hour: int
    weekday: int
    zone: ZoneInfo
    skip_empty: bool = False

    def last_boundary(self, moment: datetime) -> datetime:
        """The last boundary at or before `moment`, in UTC."""
        return max(one for one in self._around(moment) if one <= moment)

    def next_boundary(self, moment: datetime) -> datetime:
        """The first boundary after `moment`, in UTC."""
        return min(one for one in self._around(moment) if one > moment)

    def as_json(self, time_zone: str | None) -> dict[str, object]:
        """As it is stored. A schedule without its own zone follows the organisation's."""
        return {
            "frequency": self.frequency.value,
            "hour": self.hour,
            "weekday": self.weekday,
            "time_zone": time_zone,
            "skip_empty": self.skip_empty,
        }

    def _around(self, moment: datetime) -> set[datetime]:
        """The moments of these wall-clock times.

        A set, since two of them may be the same moment where clocks go forward.
        """
        reach = REACH_DAYS.get(self.frequency, SHORTEST_REACH_DAYS)
        today = moment.astimezone(self.zone).date()
        days = (today + DAY * offset for offset in range(-reach, reach + 1))
        return {moment_of(wall, self.zone) for day in days for wall in self._on(day)}

    def _on(self, day: date) -> Iterator[datetime]:
        """The boundaries of a day, in wall-clock time."""
        if step := STEP_HOURS.get(self.frequency):
            for hour in range(self.hour % step, 24, step):
                yield datetime.combine(day, time(hour))
        elif self._has(day):
            yield datetime.combine(day, time(self.hour))

    def _has(self, day: date) -> bool:
        match self.frequency:
            case Frequency.EVERY_2_DAYS:
                return (day - EPOCH).days % 2 == 0
            case Frequency.WEEKLY:
                return day.weekday() == self.weekday
            case _:
                return True


def window(schedule: Schedule, last_end: datetime, now: datetime) -> Period | None:
    """The window to send now, from `last_end` to the last boundary; None when nothing is due.

    After a time without digests, one window covers all of it. It always begins where the last one
    ended, whatever the schedule is now, so windows have no gap and no overlap.
    """
    end = schedule.last_boundary(now)
    return Period(last_end, end) if end > last_end else None


def last_complete(schedule: Schedule, now: datetime) -> Period:
    """The window between the last two boundaries."""
    end = schedule.last_boundary(now)
    return Period(schedule.last_boundary(end - timedelta(microseconds=1)), end)


def before(told: Period, zone: ZoneInfo) -> Period:
    """The previous period, equally long in wall-clock time: 9 to 9, even if a day has 23 hours."""
    start, end = (_wall(moment, zone) for moment in (told.start, told.end))
    earlier = moment_of(start - (end - start), zone)
    if start >= end or earlier >= told.start:  # clocks changed within the period
        earlier = told.start - (told.end - told.start)
    return Period(earlier, told.start)


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a clock in `zone` shows that time, in UTC (PEP 495, fold 0).

    Of two such moments, the first. A time that clocks skip is later by as much as they skip.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def parse_schedule(raw: Mapping[str, Any], default_zone: str) -> Schedule:
    """Read a schedule from JSON.

    From `{"frequency", "hour", "weekday", "time_zone", "skip_empty"}`; only the first is required.
    Without a time zone it is `default_zone`. Raises `InvalidSchedule`.
    """
    frequency, hour, weekday = raw.get("frequency"), raw.get("hour", 0), raw.get("weekday", 0)
    if frequency not in set(Frequency):
        raise InvalidSchedule("frequency", f"The frequency must be one of: {', '.join(Frequency)}.")
    if not _is_in(hour, 24):
        raise InvalidSchedule("hour", "The hour must be 0 to 23.")
    if not _is_in(weekday, 7):
        raise InvalidSchedule("weekday", "The weekday must be 0 (Monday) to 6 (Sunday).")
    name = raw.get("time_zone") or default_zone
    if name not in time_zones():
        raise InvalidSchedule("time_zone", f"There is no time zone called {str(name)[:100]!r}.")
    skips = bool(raw.get("skip_empty", False))
    return Schedule(Frequency(frequency), hour, weekday, ZoneInfo(name), skips)


def _is_in(value: object, below: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < below


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
