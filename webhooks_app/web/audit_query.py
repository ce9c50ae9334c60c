"""The filters of the audit log."""

from collections.abc import Mapping
from datetime import timedelta

from webhooks_app.lib.times import utcnow
from webhooks_app.matching.search_terms import searched
from webhooks_app.organisations.audit_log import ACTIONS
from webhooks_app.organisations.audit_search import AuditFilters
from webhooks_app.vocabulary import ActorKind
from webhooks_app.web.filter_query import ZonedQuery, chosen

WINDOWS = {
    "24h": ("the last 24 hours", timedelta(hours=24)),
    "7d": ("the last 7 days", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
KINDS = {
    "person": ("People", ActorKind.PERSON),
    "api_key": ("API keys", ActorKind.API_KEY),
    "command_line": ("Command line", ActorKind.COMMAND_LINE),
    "system": ("Automatic", ActorKind.SYSTEM),
    "visitor": ("Not logged in", ActorKind.VISITOR),
}
ACTION_NAMES = {name: name for name in ACTIONS}


class AuditQuery(ZonedQuery):
    NAMES = ("kind", "actor", "action", "target", "window", "since", "until", "zone")

    def __init__(self, asked: Mapping[str, str], default_zone: str) -> None:
        super().__init__(asked, default_zone)
        self.filters = self._filters()

    def _filters(self) -> AuditFilters:
        opened = self._read("window", lambda name: utcnow() - chosen(name, WINDOWS)[1])
        exactly = self._read("since", self._moment)
        return AuditFilters(
            kind=self._read("kind", lambda name: chosen(name, KINDS)[1]),
            actor=self._read("actor", searched),
            action=self._read("action", lambda name: chosen(name, ACTION_NAMES)),
            target=self._read("target", searched),
            since=max((one for one in (exactly, opened) if one), default=None),
            until=self._read("until", self._moment),
        )
