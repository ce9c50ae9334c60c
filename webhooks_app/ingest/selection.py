"""Find the subscriptions that match a request's events.

This happens before the transaction that stores them, so that costly conditions delay nobody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app.database import reading, unless_busy
from webhooks_app.engine.switching_off import UNREADABLE, disable
from webhooks_app.lib.errors import reason_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.budget import CHEAP, LIGHT, budget_of
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.lanes import lane
from webhooks_app.matching.match import (
    NOBODY,
    Candidate,
    Matcher,
    Selected,
    kept_matcher,
    matchers_for,
)
from webhooks_app.notices.dashboard_notices import notify_untried

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """The matches of each event, for the subscriptions at `version`.

    `follows`: a field filter needs the previous state of an event's object.
    """

    version: int
    events: Sequence[Selected]
    follows: bool = False

    @property
    def is_whole(self) -> bool:
        return not any(one.untried for one in self.events)


class Costly(Exception):
    """Events must be matched before the transaction that stores them."""

    def __init__(self, events: Mapping[Tenant, Sequence[Incoming]]) -> None:
        super().__init__(f"the conditions of {len(events)} organisations cost too much")
        self.events = events


class Prepared:
    """What was matched before a transaction that makes its events itself.

    In the `final` try nothing more is matched first: what costs too much then counts as not
    matched.
    """

    def __init__(self) -> None:
        self.final = False
        self.untried: list[Candidate] = []
        self._selected: dict[tuple[Tenant, Incoming], tuple[int, Selected]] = {}

    def add(self, database: Engine, costly: Costly) -> None:
        for tenant, events in costly.events.items():
            selection = select_before(database, tenant, events)
            for event, selected in zip(events, selection.events, strict=True):
                self._selected[tenant, event] = selection.version, selected

    def selections(
        self, events: Mapping[Tenant, Sequence[Incoming]], matchers: Mapping[Tenant, Matcher]
    ) -> dict[Tenant, Selection]:
        """Match all events of each tenant. Raises `Costly`."""
        found: dict[Tenant, Selection] = {}
        costly: dict[Tenant, Sequence[Incoming]] = {}
        for tenant, some in events.items():
            known = self._known(tenant, some, matchers[tenant])
            found[tenant] = known or select_cheaply(matchers[tenant], some)
            if known is None and not found[tenant].is_whole:
                costly[tenant] = some
        if costly and not self.final:
            raise Costly(costly)
        return found

    def _known(
        self, tenant: Tenant, events: Sequence[Incoming], matcher: Matcher
    ) -> Selection | None:
        selected = []
        for event in events:
            version, one = self._selected.get((tenant, event), (None, NOBODY))
            if version != matcher.version:
                return None
            selected.append(one)
        return Selection(matcher.version, selected)


def select_before(database: Engine, tenant: Tenant, events: Sequence[Incoming]) -> Selection:
    """Match with this process's matcher; its version is checked when the events are stored.

    Costly matching waits for its turn, one at a time for each organisation. Raises `Busy`.
    """
    matcher = _matcher(database, tenant)
    selection = select_cheaply(matcher, events)
    if selection.is_whole:
        return selection
    with lane(tenant.organisation_id):
        return _select(matcher, events, budget_of(len(events)))


def select_cheaply(matcher: Matcher, events: Sequence[Incoming]) -> Selection:
    """Match within the cheap budget."""
    return _select(matcher, events, CHEAP)


def _select(matcher: Matcher, events: Sequence[Incoming], steps: int) -> Selection:
    follows = any(matcher.follows(event.type) for event in events)
    return Selection(matcher.version, matcher.select_all(events, steps), follows)


def select_at_once(tenant: Tenant, event: Incoming) -> Selection | None:
    """Match without SQL and with little work; None if it takes more."""
    matcher = kept_matcher(tenant)
    if matcher is None or matcher.unreadable:
        return None
    selection = _select(matcher, [event], LIGHT)
    return selection if selection.is_whole else None


def tell_untried(database: Engine, untried: Sequence[Candidate]) -> None:
    """Notify members of the costliest subscription whose conditions were not tried.

    The events are already committed, so this never raises. The event's page says the same.
    """
    if untried:
        costliest = max(untried, key=lambda one: one.weight)
        try:
            with unless_busy(database) as connection:
                notify_untried(connection, costliest.subscription_id, utcnow())
        except SQLAlchemyError as error:
            log.warning("not told", reason=reason_of(error))


def _matcher(database: Engine, tenant: Tenant) -> Matcher:
    matcher = kept_matcher(tenant)
    if matcher is None:
        with reading(database) as connection:
            matcher = matchers_for(connection, [tenant])[tenant]
    if matcher.unreadable:
        with database.begin() as connection:
            disable(connection, matcher.unreadable, UNREADABLE)
    return matcher
