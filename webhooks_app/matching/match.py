"""Find matching subscriptions: by type, mode, scope, changed fields and conditions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.orm import Session

from webhooks_app.channels.retry_policy import parse_policy
from webhooks_app.channels.webhook.formats import wire_format
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339
from webhooks_app.matching.budget import PER_EVENT, Budget, Spent
from webhooks_app.matching.changes import concerns, is_update, object_type, update_of
from webhooks_app.matching.conditions import Condition, evaluate, parse_conditions
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.operators import compile_pattern
from webhooks_app.matching.type_patterns import fits, is_pattern
from webhooks_app.matching.view import View
from webhooks_app.models import Organisation, Subscription
from webhooks_app.vocabulary import Match

KEPT_TENANTS = 1000
VERSIONS = select(Organisation.id, Organisation.subscriptions_version).where(
    Organisation.id.in_(bindparam("ids", expanding=True))
)

_decode = msgspec.json.Decoder().decode
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What matching and planning need to know about a subscription."""

    subscription_id: str
    wire_format: str
    scope: tuple[str, str] | None
    conditions: tuple[Condition, ...]
    match: Match
    changed_fields: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """How much its conditions may cost."""
        return sum(compile_pattern(one.value).weight for one in self.conditions if one.is_pattern)

    @classmethod
    def of(cls, subscription: Subscription) -> "Candidate":
        scope_type, scope_id = subscription.scope_type, subscription.scope_id
        return cls(
            subscription_id=subscription.id,
            wire_format=subscription.wire_format,
            scope=(scope_type, scope_id) if scope_type and scope_id else None,
            conditions=parse_conditions(subscription.conditions),
            match=Match(subscription.match),
            changed_fields=tuple(subscription.changed_fields),
        )


@dataclass(frozen=True, slots=True)
class Selected:
    """The subscriptions whose scope and conditions match.

    `untried` are those whose conditions cost more than the rest of the budget; they count as not
    matched.
    """

    candidates: Sequence[Candidate] = ()
    untried: Sequence[Candidate] = ()

    def with_change(self, event: Incoming) -> "Selected":
        """The matches without those whose field filter excludes the event."""
        if not is_update(event.type):
            return self
        candidates, untried = (
            [one for one in some if wants_change(one.changed_fields, event)]
            for some in (self.candidates, self.untried)
        )
        return Selected(candidates, untried)


NOBODY = Selected()


class Matcher:
    """The enabled subscriptions of one organisation and mode, as of `version`, by event type.

    `event_types` are all names and patterns that any of them asks for. `unreadable` holds the ids
    of those whose row cannot be used. Those match nothing.
    """

    def __init__(self, subscriptions: Iterable[Subscription], version: int = 0) -> None:
        self.version = version
        self._by_type: dict[str, list[Candidate]] = {}
        self._by_pattern: list[tuple[str, Candidate]] = []
        self._follows: dict[str, bool] = {}
        self.unreadable: list[str] = []
        for subscription in subscriptions:
            try:
                self._add(subscription)
            except (TypeError, ValueError) as error:
                log.error("unreadable", subscription=subscription.id, error=type(error).__name__)
                self.unreadable.append(subscription.id)
        self.event_types = {*self._by_type, *(pattern for pattern, _ in self._by_pattern)}
        self._by_type = {name: self._asking_for(name) for name in self._by_type}

    def _add(self, subscription: Subscription) -> None:
        check_readable(subscription)
        if subscription.is_digest:
            return
        candidate = Candidate.of(subscription)
        for asked in list(subscription.event_types):
            if is_pattern(asked):
                self._by_pattern.append((asked, candidate))
            else:
                self._by_type.setdefault(asked, []).append(candidate)

    def _asking_for(self, name: str) -> list[Candidate]:
        """Those that ask for a type by name or pattern, cheap ones first, each once."""
        by_name = self._by_type.get(name, ())
        by_pattern = [one for pattern, one in self._by_pattern if fits(pattern, name)]
        found = {one.subscription_id: one for one in (*by_name, *by_pattern)}
        return sorted(found.values(), key=lambda one: one.weight)

    def _candidates(self, name: str) -> list[Candidate]:
        """The same, looked up; what only patterns ask for is found once."""
        found = self._by_type.get(name)
        if found is None and self._by_pattern:
            found = self._by_type[name] = self._asking_for(name)
        return found or []

    def follows(self, event_type: str) -> bool:
        """Whether a field filter needs stored states of this event type's objects."""
        found = self._follows.get(event_type)
        if found is None:
            update = update_of(event_type)
            asking = self._candidates(update) if update else ()
            found = self._follows[event_type] = any(one.changed_fields for one in asking)
        return found

    def select(self, event: Incoming, budget: Budget) -> Selected:
        """The subscriptions to this type, cheap ones first: one costly pattern stops no other."""
        candidates = self._candidates(event.type)
        if not candidates:
            return NOBODY
        in_scope = [c for c in candidates if c.scope is None or c.scope == event.subject]
        if not any(c.conditions for c in in_scope):
            return Selected(in_scope)
        view = view_of(event)
        holding, untried = [], []
        for candidate in in_scope:
            try:
                if evaluate(candidate.conditions, candidate.match, view, budget):
                    holding.append(candidate)
            except Spent:
                untried.append(candidate)
        return Selected(holding, untried)

    def select_all(self, events: Sequence[Incoming], steps: int) -> list[Selected]:
        """The matches of each event; `steps` is the budget for all together."""
        selected = []
        for event in events:
            budget = Budget(granted := min(PER_EVENT, steps))
            selected.append(self.select(event, budget))
            steps -= granted - budget.left
        return selected


def check_readable(subscription: Subscription) -> None:
    """Raises ValueError when any part of its row cannot be used."""
    if not subscription.is_readable:
        raise ValueError("a column has an invalid value")
    parse_policy(subscription.retry_policy)
    wire_format(subscription.wire_format)


def wants_change(fields: Sequence[str], event: Incoming) -> bool:
    """Whether a field filter includes this update. A filter without fields includes all."""
    return not fields or concerns(fields, event.changed, object_type(event.type))


def view_of(event: Incoming) -> View:
    """The event in the form that conditions use."""
    subject = {"type": event.subject[0], "id": event.subject[1]} if event.subject else None
    return View(
        {
            "id": event.source_id,
            "type": event.type,
            "timestamp": rfc3339(event.occurred_at),
            "subject": subject,
            "data": _decode(event.data),
        }
    )


_kept: Cache[Tenant, Matcher] = Cache(KEPT_TENANTS)


def kept_matcher(tenant: Tenant) -> Matcher | None:
    """The matcher that this process keeps for that tenant. It may be stale."""
    return _kept.get(tenant)


def matchers_for(connection: Connection, tenants: Collection[Tenant]) -> dict[Tenant, Matcher]:
    """The matcher of each tenant, kept in this process until its subscriptions change.

    The current transaction checks for changes, so nothing stale is used.
    """
    ids = sorted({tenant.organisation_id for tenant in tenants})
    versions = {
        row.id: row.subscriptions_version for row in connection.execute(VERSIONS, {"ids": ids})
    }
    return {
        tenant: _matcher(connection, tenant, versions[tenant.organisation_id]) for tenant in tenants
    }


def _matcher(connection: Connection, tenant: Tenant, version: int) -> Matcher:
    matcher = _kept.get(tenant)
    if matcher is None or matcher.version != version:
        matcher = Matcher(_enabled_subscriptions(connection, tenant), version)
        _kept.put(tenant, matcher)
    return matcher


def system_listeners(connection: Connection, tenant: Tenant) -> Sequence[Subscription]:
    """Those that ask for what happens to webhooks themselves: the enabled ones, and those that
    Hookline switched off, which may get later what they miss now. Mostly none.

    Not the kept matchers, since the caller's transaction may itself change a subscription.
    """
    listening = or_(Subscription.enabled, Subscription.disabled_reason.is_not(None))
    query = (
        Subscription.of(tenant)
        .where(Subscription.hears_system, Subscription.is_present(), listening)
        .order_by(Subscription.id)
    )
    with Session(connection, join_transaction_mode="rollback_only") as session:
        return session.scalars(query).all()


def _enabled_subscriptions(connection: Connection, tenant: Tenant) -> list[Subscription]:
    query = (
        Subscription.of(tenant)
        .where(Subscription.enabled, Subscription.is_present())
        .order_by(Subscription.id)
    )
    with Session(connection, join_transaction_mode="rollback_only") as session:
        return list(session.scalars(query))
