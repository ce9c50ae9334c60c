"""The first step: store events and all their deliveries in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, Select, Table, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from webhooks_app.database import choose, clock, unhurried
from webhooks_app.database.bulk import insert_rows
from webhooks_app.ingest.selection import (
    Costly,
    Prepared,
    Selection,
    select_before,
    select_cheaply,
    tell_untried,
)
from webhooks_app.lib.errors import DATABASE_AWAY
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.incoming import Accepted, Incoming
from webhooks_app.matching.match import Candidate, Matcher, matchers_for
from webhooks_app.matching.rows import (
    EVENT_COLUMNS,
    delivery_rows,
    event_row,
    lock_order,
)
from webhooks_app.matching.states import Key, States, key_of
from webhooks_app.models import Event, EventKey
from webhooks_app.vocabulary import EventOrigin, Trigger

TRIES = 4
REMATCHED = 3  # how often a request is matched before the transaction, then within it
EVENTS = cast(Table, Event.__table__)
T = TypeVar("T")
ERASED = ""  # no JSON text is empty
REPEATABLE = ("idempotency_key", "source_id")


class KeyReused(Exception):
    """An idempotency key or producer's id was used again for a different event.

    `index` is the event's position in the request; `member` is `id` or `idempotency_key`
    (draft-ietf-httpapi-idempotency-key-header §2.7).
    """

    def __init__(self, index: int, member: str) -> None:
        super().__init__(f"this {member} was used before, for a different event")
        self.index = index
        self.member = member


@dataclass(slots=True, eq=False)
class IngestRequest:
    """One request and, in the end, its result: `accepted` or `error`.

    `selection` says which subscriptions match. If a subscription was changed since, the request is
    `stale`: nothing is stored, and it must be matched again. A None is matched within the
    transaction. `untried` are subscriptions whose conditions cost too much. At the end `told` is
    called, in any thread, for callers that do not wait in a thread.
    """

    tenant: Tenant
    events: Sequence[Incoming]
    origin: EventOrigin = EventOrigin.API
    selection: Selection | None = None
    accepted: list[Accepted] = field(default_factory=list)
    untried: list[Candidate] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False
    stale: bool = False
    told: Callable[[], object] | None = None

    @property
    def plans_deliveries(self) -> bool:
        return any(one.plans_deliveries for one in self.accepted)

    def outcome(self) -> list[Accepted]:
        if self.error is not None:
            raise self.error
        return self.accepted


def accept(database: Engine, tenant: Tenant, events: Sequence[Incoming]) -> list[Accepted]:
    """Store `events` with a delivery for each subscription that matches, and commit.

    A repeat (the same key or producer's id) gets the first answer again and stores nothing; the
    unique keys guarantee that under concurrency. Raises `KeyReused`, with nothing stored.
    """
    asked = IngestRequest(tenant, events)
    for attempt in count():
        asked.stale = False
        asked.selection = None if attempt == REMATCHED else select_before(database, tenant, events)
        accept_together(database, [asked])
        if not asked.stale:
            break
    tell_untried(database, asked.untried)
    return asked.outcome()


def accept_together(database: Engine, asked: Sequence[IngestRequest]) -> None:
    """Store all requests in one transaction; never raises.

    If that fails, each is tried alone, so that one request's error affects no other.
    """
    for left in reversed(range(TRIES)):
        try:
            stored = _store(database, asked)
        except Exception as error:
            if len(asked) > 1 and not is_away(error):
                for one in asked:
                    accept_together(database, [one])
                return
            if not left or not lost_a_race(error):
                fail(asked, error)
                return
        else:
            ACCEPTED.inc(stored)
            return


def in_transaction(database: Engine, work: Callable[[Connection, Prepared], T]) -> T:
    """Run `work`, which calls `accept_within`, in a transaction; returns its result.

    It runs again after an error that `lost_a_race`, and when costly conditions must be matched
    first. So it must make the same events each time.
    """
    prepared = Prepared()
    for left in reversed(range(TRIES)):
        prepared.final = not left
        try:
            with database.begin() as connection:
                result = work(connection, prepared)
        except Costly as costly:
            prepared.add(database, costly)
        except DBAPIError as error:
            if not left or not lost_a_race(error):
                raise
        else:
            tell_untried(database, prepared.untried)
            return result
    raise AssertionError("the last try always returns or raises")


def accept_within(
    connection: Connection, asked: Sequence[IngestRequest], prepared: Prepared
) -> None:
    """Store all requests in the caller's transaction and set `accepted`.

    Raises `KeyReused`, and `Costly` for `in_transaction` to handle.
    """
    matchers = matchers_for(connection, {one.tenant for one in asked})
    events: dict[Tenant, list[Incoming]] = {}
    for one in asked:
        events.setdefault(one.tenant, []).extend(one.events)
    selections = prepared.selections(events, matchers)
    selected = {tenant: iter(one.events) for tenant, one in selections.items()}
    for one in asked:
        mine = [next(selected[one.tenant]) for _ in one.events]
        one.selection = Selection(matchers[one.tenant].version, mine)
    prepared.untried.clear()
    for one, plan in zip(asked, _insert(connection, asked, matchers), strict=True):
        one.accepted = plan.accepted
        prepared.untried += plan.untried


def lost_a_race(error: Exception) -> bool:
    """Whether a transaction that failed with `error` may succeed when tried again."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") == "40P01"


def _store(database: Engine, asked: Sequence[IngestRequest]) -> int:
    """Commit all requests that are not stale; returns how many events were new."""
    with database.begin() as connection:
        matchers = matchers_for(connection, {one.tenant for one in asked})
        for one in asked:
            one.stale = not _is_current(one, matchers[one.tenant])
        asked = [one for one in asked if not one.stale]
        plans = _insert(connection, asked, matchers)
    for one, plan in zip(asked, plans, strict=True):
        one.accepted, one.untried, one.done = plan.accepted, plan.untried, True
    return sum(len(plan.events) for plan in plans)


def _is_current(asked: IngestRequest, matcher: Matcher) -> bool:
    return asked.selection is None or asked.selection.version == matcher.version


def _insert(
    connection: Connection, asked: Sequence[IngestRequest], matchers: Mapping[Tenant, Matcher]
) -> "list[_Planned]":
    if any(len(one.events) > 1 for one in asked):  # a batch of 64 MB may take a while
        unhurried(connection)
    plans = _planned(connection, asked, matchers)
    events = [row for plan in plans for row in plan.events]
    events.sort(key=lambda row: lock_order(dict(zip(EVENT_COLUMNS, row, strict=True))))
    insert_rows(connection, EVENTS, EVENT_COLUMNS, events)
    deliveries = [row for plan in plans for row in plan.deliveries]
    enqueue(connection, deliveries)
    return plans


def fail(asked: Iterable[IngestRequest], error: Exception) -> None:
    for one in asked:
        one.error, one.done = error, True


def is_away(error: Exception) -> bool:
    return isinstance(error, DATABASE_AWAY) and not lost_a_race(error)


@dataclass(slots=True)
class _Planned:
    """The rows of one request and its answers."""

    accepted: list[Accepted] = field(default_factory=list)
    events: list[tuple[object, ...]] = field(default_factory=list)
    deliveries: list[tuple[object, ...]] = field(default_factory=list)
    untried: list[Candidate] = field(default_factory=list)


def _planned(
    connection: Connection, asked: Sequence[IngestRequest], matchers: Mapping[Tenant, Matcher]
) -> list[_Planned]:
    now = clock(connection)
    known: dict[Tenant, _Known] = {}
    for tenant in {one.tenant for one in asked}:
        events = [event for one in asked if one.tenant == tenant for event in one.events]
        known[tenant] = _Known(connection, tenant, events)
    states = States(connection, _followed(asked, matchers), now)
    plans = [_plan(one, matchers[one.tenant], known[one.tenant], states, now) for one in asked]
    states.store()
    return plans


def _followed(asked: Sequence[IngestRequest], matchers: Mapping[Tenant, Matcher]) -> Iterator[Key]:
    """The objects of all events that field filters follow."""
    for one in asked:
        for event in one.events:
            if matchers[one.tenant].follows(event.type) and (key := key_of(one.tenant, event)):
                yield key


def _plan(
    asked: IngestRequest, matcher: Matcher, known: "_Known", states: States, now: datetime
) -> _Planned:
    plan = _Planned()
    selection = asked.selection or select_cheaply(matcher, asked.events)
    for index, event in enumerate(asked.events):
        answer = known.find(index, event)
        if answer is None:
            key = key_of(asked.tenant, event) if matcher.follows(event.type) else None
            compared = states.compared(key, event)
            wanted = selection.events[index].with_change(compared)
            candidates, untried = wanted.candidates, wanted.untried
            row = event_row(
                asked.tenant, compared, len(candidates), now, asked.origin, len(untried)
            )
            states.move_on(key, event, row[0])
            plan.events.append(row)
            plan.deliveries += delivery_rows(asked.tenant, row[0], candidates, now, Trigger.EVENT)
            plan.untried += untried
            answer = Accepted(row[0], event.type, len(candidates))
            known.remember(event, answer)
        plan.accepted.append(answer)
    return plan


def _by_index(_: Connection, tenant: Tenant, member: str, values: set[str]) -> Select[Any]:
    return select(EVENTS).where(Event.in_tenant(tenant), EVENTS.c[member].in_(values))


def _by_keys(connection: Connection, tenant: Tenant, member: str, values: set[str]) -> Select[Any]:
    """First the ids, since they say in which partitions the events are."""
    known = select(EventKey.event_id).where(
        EventKey.in_tenant(tenant), EventKey.kind == member, EventKey.key.in_(values)
    )
    return select(EVENTS).where(EVENTS.c.id.in_(connection.scalars(known).all()))


class _Known:
    """Which of `events` were already accepted, by key and by producer's id."""

    def __init__(self, connection: Connection, tenant: Tenant, events: Sequence[Incoming]) -> None:
        self._seen: dict[tuple[str, str], tuple[Incoming, Accepted]] = {}
        for member in REPEATABLE:
            values = {value for event in events if (value := getattr(event, member))}
            if values:
                self._load(connection, tenant, member, values)

    def _load(self, connection: Connection, tenant: Tenant, member: str, values: set[str]) -> None:
        find = choose(connection, postgresql=_by_keys, sqlite=_by_index)
        for row in connection.execute(find(connection, tenant, member, values)):
            first = Incoming(
                type=row.type,
                data=row.data if row.erased_at is None else ERASED,
                occurred_at=row.occurred_at,
                subject=(row.subject_type, row.subject_id) if row.subject_type else None,
                source_id=row.source_id,
                idempotency_key=row.idempotency_key,
            )
            answer = Accepted(row.id, row.type, row.fan_out, repeated=True)
            self._seen[member, getattr(first, member)] = (first, answer)

    def find(self, index: int, event: Incoming) -> Accepted | None:
        for member in REPEATABLE:
            value = getattr(event, member)
            if value and (found := self._seen.get((member, value))):
                first, answer = found
                if not _is_repeat(event, first, member):
                    raise KeyReused(index, "id" if member == "source_id" else member)
                return answer
        return None

    def remember(self, event: Incoming, answer: Accepted) -> None:
        again = Accepted(answer.id, answer.type, answer.deliveries, repeated=True)
        for member in REPEATABLE:
            if value := getattr(event, member):
                self._seen[member, value] = (event, again)


def _is_repeat(event: Incoming, first: Incoming, member: str) -> bool:
    """Two with the same key are one event if they have the same content.

    The time does not count: a producer that gives none has a different one each time. Nor does the
    data of one that was erased, since nothing is left to compare it with.
    """
    same = (event.type, event.subject) == (first.type, first.subject)
    same = same and first.data in (ERASED, event.data)
    return same and (member == "source_id" or event.source_id == first.source_id)
