"""The filters of deliveries as a query string holds them, so that an address keeps them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from webhooks_app.deliveries.filters import Filters
from webhooks_app.lib.times import utcnow
from webhooks_app.vocabulary import DeliveryStatus, SubscriptionKind

WINDOWS = {
    "1h": ("the last hour", timedelta(hours=1)),
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
CODES = ("2xx", "3xx", "4xx", "5xx", "400", "401", "403", "404", "410", "429", "500", "502", "503")
NAMES = (
    "subscription_id",
    "kind",
    "event_type",
    "status",
    "code",
    "window",
    "since",
    "until",
    "text",
    "missing",
)
LONGEST_TEXT = 200
STATUSES = {status.value: status for status in DeliveryStatus}
KINDS = {kind.value: kind for kind in SubscriptionKind}

T = TypeVar("T")


class DeliveryQuery:
    """What is asked for; `faults` says by name what of it cannot be understood."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.kept = {name: asked[name].strip() for name in NAMES if asked.get(name, "").strip()}
        self.faults: dict[str, str] = {}
        self.filters = self._filters()

    def __getitem__(self, name: str) -> str:
        return self.kept.get(name, "")

    def without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name not in names}

    def _filters(self) -> Filters:
        opened = self._read("window", lambda name: utcnow() - _chosen(name, WINDOWS)[1])
        exactly = self._read("since", _moment)
        return Filters(
            subscription_id=self.kept.get("subscription_id"),
            kind=self._read("kind", lambda name: _chosen(name, KINDS)),
            event_type=self.kept.get("event_type"),
            status=self._read("status", lambda name: _chosen(name, STATUSES)),
            status_codes=self._read("code", _codes),
            since=max((one for one in (exactly, opened) if one), default=None),
            until=self._read("until", _moment),
            text=self._read("text", _text),
            missing="missing" in self.kept,
        )

    def _read(self, name: str, parse: Callable[[str], T]) -> T | None:
        if name not in self.kept:
            return None
        try:
            return parse(self.kept[name])
        except ValueError as error:
            self.faults[name] = str(error)
            del self.kept[name]
            return None


def _chosen(name: str, choices: Mapping[str, T]) -> T:
    if name not in choices:
        raise ValueError(f"This is one of {', '.join(choices)}.")
    return choices[name]


def _codes(code: str) -> tuple[int, int]:
    """`404` is itself, `5xx` is 500 to 599."""
    if not re.fullmatch("[1-5]([0-9][0-9]|xx)", code):
        raise ValueError("This is a status code, as 404, or a class of them, as 5xx.")
    return int(code.replace("x", "0")), int(code.replace("x", "9"))


def _moment(text: str) -> datetime:
    """As browsers send it, without a zone: then it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("This is a moment, as 2026-03-02T10:00 (UTC).") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(f"Search for at most {LONGEST_TEXT} characters.")
    return text
