"""The filters of events."""

from collections.abc import Mapping

from webhooks_app.events.filters import EventFilters
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.search_terms import field_and_text, searched
from webhooks_app.web.delivery_query import WINDOWS
from webhooks_app.web.filter_query import ZonedQuery, chosen


class EventQuery(ZonedQuery):
    NAMES = ("type", "subject", "text", "field", "window", "since", "until", "zone")

    def __init__(self, asked: Mapping[str, str], default_zone: str = "UTC") -> None:
        super().__init__(asked, default_zone)
        self.filters = self._filters()

    def _filters(self) -> EventFilters:
        opened = self._read("window", lambda name: utcnow() - chosen(name, WINDOWS)[1])
        exactly = self._read("since", self._moment)
        return EventFilters(
            type=self.kept.get("type"),
            subject=self._read("subject", searched),
            text=self._read("text", searched),
            field=self._read("field", field_and_text),
            since=max((one for one in (exactly, opened) if one), default=None),
            until=self._read("until", self._moment),
        )
