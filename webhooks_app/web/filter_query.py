"""Filters of a list in the query string, so that the address keeps them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from webhooks_app.lib.times import fits_every_zone, time_zones

T = TypeVar("T")


class FilterQuery:
    """The values of `NAMES` in the query; `faults` are by name."""

    NAMES: tuple[str, ...] = ()

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.kept = {
            name: asked[name].strip() for name in self.NAMES if asked.get(name, "").strip()
        }
        self.faults: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.kept.get(name, "")

    def without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name not in names}

    def has_one_of(self, *names: str) -> bool:
        return any(name in self.kept for name in names)

    def _read(self, name: str, parse: Callable[[str], T]) -> T | None:
        if name not in self.kept:
            return None
        try:
            return parse(self.kept[name])
        except ValueError as error:
            self.faults[name] = str(error)
            del self.kept[name]
            return None


class ZonedQuery(FilterQuery):
    """Times are in `zone`, which the browser sends, otherwise in `default_zone`."""

    def __init__(self, asked: Mapping[str, str], default_zone: str = "UTC") -> None:
        super().__init__(asked)
        self.zone = self._read("zone", _zone) or ZoneInfo(default_zone)

    @property
    def narrows(self) -> bool:
        return bool(self.without("zone"))

    def local(self, name: str) -> str:
        """A moment that is asked for, as a field shows it: in `zone`, without naming it."""
        moment = self._moment(self.kept[name]) if name in self.kept else None
        if moment is None or not fits_every_zone(moment):
            return self[name]
        return moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    def _moment(self, text: str) -> datetime:
        """Parse a time; browsers send it without a zone."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError("Enter a time, such as 2026-03-02T10:00.") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)


def _zone(name: str) -> ZoneInfo:
    if name not in time_zones():
        raise ValueError("There is no time zone with this name.")
    return ZoneInfo(name)


def chosen(name: str, choices: Mapping[str, T]) -> T:
    if name not in choices:
        raise ValueError(f"Choose one of {', '.join(choices)}.")
    return choices[name]
