"""The current time, and how times are written. The only place that reads the clock."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

# No time zone is a day away from UTC.
EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)


def utcnow() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-03-02T10:00:00.000Z`: milliseconds, Z (RFC 3339 §5.6)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def when(at: datetime, zone: tzinfo) -> str:
    """`2 March 2026, 11:00 CET`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


def fits_every_zone(moment: datetime) -> bool:
    """Whether every time zone can show it. At the ends of the calendar some cannot."""
    return EARLIEST <= moment <= LATEST


def zone_named(name: str) -> tzinfo:
    """The zone of that name; UTC for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


@cache
def time_zones() -> frozenset[str]:
    """The names in the zone database, except those that are not the same zone on every machine."""
    return frozenset(available_timezones()) - {"localtime", "Factory"}
