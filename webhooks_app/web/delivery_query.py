"""The filters of deliveries."""

from collections.abc import Mapping
from datetime import timedelta

from webhooks_app.deliveries.filters import Filters, status_codes
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.search_terms import field_and_text, searched
from webhooks_app.vocabulary import DeliveryStatus, SubscriptionKind
from webhooks_app.web.filter_query import ZonedQuery, chosen

WINDOWS = {
    "1h": ("the last hour", timedelta(hours=1)),
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
CODES = ("2xx", "3xx", "4xx", "5xx", "400", "401", "403", "404", "410", "429", "500", "502", "503")
STATUSES = {status.value: status for status in DeliveryStatus}
KINDS = {kind.value: kind for kind in SubscriptionKind}


class DeliveryQuery(ZonedQuery):
    """`replay` is the id of one, whose deliveries `views.replays.query_of` finds."""

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
        "subject",
        "field",
        "response",
        "event_id",
        "replay",
        "missing",
        "zone",
    )

    def __init__(self, asked: Mapping[str, str], default_zone: str = "UTC") -> None:
        super().__init__(asked, default_zone)
        self.filters = self._filters()

    def _filters(self) -> Filters:
        opened = self._read("window", lambda name: utcnow() - chosen(name, WINDOWS)[1])
        exactly = self._read("since", self._moment)
        return Filters(
            subscription_id=self.kept.get("subscription_id"),
            kind=self._read("kind", lambda name: chosen(name, KINDS)),
            event_type=self.kept.get("event_type"),
            status=self._read("status", lambda name: chosen(name, STATUSES)),
            status_codes=self._read("code", status_codes),
            since=max((one for one in (exactly, opened) if one), default=None),
            until=self._read("until", self._moment),
            event_id=self.kept.get("event_id"),
            subject=self._read("subject", searched),
            text=self._read("text", searched),
            field=self._read("field", field_and_text),
            response=self._read("response", searched),
            missing="missing" in self.kept,
        )
