"""Find the events that subscriptions missed while Hookline had switched them off.

An event was missed if it matches the current subscription and no delivery to it was made.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from webhooks_app.deliveries.filters import Filters, of_events
from webhooks_app.deliveries.log import Estimate
from webhooks_app.deliveries.send_again import hold_kept
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.budget import PER_EVENT, Budget
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.match import Candidate, Matcher
from webhooks_app.matching.rows import delivery_rows
from webhooks_app.matching.stored import incoming_of
from webhooks_app.matching.type_patterns import asks_for, events_of
from webhooks_app.models import Delivery, Event, Outage, Subscription
from webhooks_app.vocabulary import REAL_ORIGINS, Trigger

# A transaction may see a subscription as it was a moment ago, and machines' clocks differ.
MARGIN = timedelta(seconds=5)
LOOKED_THROUGH = 5000
JUDGED = 100
STEPS_OF_AN_ESTIMATE = 10

# The id of an event and the id of a subscription.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events of these types or patterns were not sent to it.

    Their ids are from `first` to before `end`.
    """

    subscription_id: str
    types: Sequence[str]
    matcher: Matcher
    first: str
    end: str


class Step(NamedTuple):
    """Missed events, oldest first. `position` is the last event looked at, None at the end."""

    missed: dict[Pair, Candidate]
    position: str | None


def gaps(session: Session, tenant: Tenant, filters: Filters) -> list[Gap]:
    """The outages in `filters`, of subscriptions that are on again.

    None if the filters ask for something that only a delivery has, such as a state.
    """
    of_deliveries = (filters.status, filters.status_codes, filters.delivery_id, filters.event_id)
    searched = filters.searches or filters.subject is not None or filters.again
    if not filters.missing or searched or any(one is not None for one in of_deliveries):
        return []
    query = (
        select(Outage, Subscription)
        .join(Subscription, Subscription.id == Outage.subscription_id)
        .where(Outage.in_tenant(tenant), Subscription.enabled, Subscription.is_present())
        .order_by(Outage.id)
    )
    if filters.subscription_id is not None:
        query = query.where(Subscription.id == filters.subscription_id)
    if filters.kind is not None:
        query = query.where(Subscription.kind == filters.kind.value)
    found = [
        _gap(row, outage.began_at, outage.ended_at, filters)
        for outage, row in session.execute(query)
    ]
    return [gap for gap in found if gap.types and gap.first < gap.end]


def step(
    session: Session,
    tenant: Tenant,
    gaps: Sequence[Gap],
    after: str = "",
    budget: Budget | None = None,
) -> Step:
    """The next missed events with an id above `after`.

    At most `JUDGED` events out of `LOOKED_THROUGH` are matched. `budget` bounds the cost of all
    conditions; without it, each event has its own bound.
    """
    looked = (
        select(Event)
        .where(
            Event.in_tenant(tenant),
            Event.id > max(after, min(gap.first for gap in gaps)),
            Event.id < max(gap.end for gap in gaps),
        )
        .order_by(Event.id)
        .limit(LOOKED_THROUGH)
        .subquery()
    )
    wanted = {name for gap in gaps for name in gap.types}
    # Not joined by id: PostgreSQL would read all events of these types, if it expects few.
    walked = aliased(Event, looked)
    events = session.scalars(
        select(walked)
        .where(
            events_of(sorted(wanted), walked),
            walked.origin.in_(REAL_ORIGINS),
            walked.erased_at.is_(None),
        )
        .order_by(walked.id)
        .limit(JUDGED)
    ).all()
    missed = {pair: one for event in events for pair, one in _matching(gaps, event, budget)}
    for pair in _sent(session, [event.id for event in events]):
        missed.pop(pair, None)
    if len(events) == JUDGED:
        return Step(missed, events[-1].id)
    last, count = session.execute(select(func.max(looked.c.id), func.count(looked.c.id))).one()
    return Step(missed, last if count == LOOKED_THROUGH else None)


def estimate(session: Session, tenant: Tenant, filters: Filters, most: int) -> Estimate:
    """How many were missed, up to `most`, among the first that are looked at."""
    return _count(session, tenant, gaps(session, tenant, filters), most)


def missed_so_far(session: Session, row: Subscription, most: int) -> Estimate:
    """The outage of a subscription that Hookline switched off and that is still off."""
    if not row.is_off_automatically or row.disabled_at is None:
        return Estimate(0, False)
    gap = _gap(row, row.disabled_at, utcnow(), Filters())
    tenant = Tenant(row.organisation_id, row.mode)
    return _count(session, tenant, [gap] if gap.types else [], most)


def send(session: Session, tenant: Tenant, missed: dict[Pair, Candidate], now: datetime) -> int:
    """Add a delivery of each event to the transaction, due at once, unless there is one; how many.

    An event that was erased meanwhile gets none.
    The subscriptions are locked until the transaction ends, so that two recoveries at once make one
    delivery.
    """
    locked = select(Subscription.id).where(
        Subscription.id.in_(sorted({subscription_id for _, subscription_id in missed}))
    )
    session.execute(locked.order_by(Subscription.id).with_for_update()).all()
    event_ids = sorted({event_id for event_id, _ in missed})
    kept, sent = hold_kept(session, event_ids), _sent(session, event_ids)
    rows = [
        row
        for pair, candidate in missed.items()
        if pair[0] in kept and pair not in sent
        for row in delivery_rows(tenant, pair[0], [candidate], now, Trigger.RECOVERY)
    ]
    enqueue(session.connection(), rows)
    return len(rows)


def _count(session: Session, tenant: Tenant, gaps: Sequence[Gap], most: int) -> Estimate:
    found, position, budget = 0, "", Budget(2 * PER_EVENT)
    for _ in range(STEPS_OF_AN_ESTIMATE if gaps else 0):
        missed, further = step(session, tenant, gaps, position, budget)
        found += len(missed)
        if further is None or found > most:
            return Estimate(min(found, most), found > most)
        position = further
    return Estimate(min(found, most), bool(gaps))


def _gap(row: Subscription, began_at: datetime, ended_at: datetime, filters: Filters) -> Gap:
    began_at, ended_at = max(began_at - MARGIN, row.created_at), ended_at + MARGIN
    first, end = max(began_at, filters.since or began_at), min(ended_at, filters.until or ended_at)
    matcher = Matcher([row])
    types = sorted(matcher.event_types)
    if (only := filters.event_type) is not None:
        types = [only] if asks_for(types, only) else []
    return Gap(row.id, types, matcher, _first_id(first), _first_id(end))


def _matching(
    gaps: Sequence[Gap], event: Event, budget: Budget | None
) -> Iterator[tuple[Pair, Candidate]]:
    incoming = incoming_of(event)
    for gap in gaps:
        if asks_for(gap.types, event.type) and gap.first <= event.id < gap.end:
            selected = gap.matcher.select(incoming, budget or Budget())
            for candidate in selected.with_change(incoming).candidates:
                yield (event.id, gap.subscription_id), candidate


def _sent(session: Session, event_ids: Collection[str]) -> set[Pair]:
    """Which of these events have a delivery, and to which subscriptions."""
    query = select(Delivery.event_id, Delivery.subscription_id).where(of_events(event_ids))
    return {(row.event_id, row.subscription_id) for row in session.execute(query)}


def _first_id(moment: datetime) -> str:
    return floor_id("evt", max(0.0, moment.timestamp()))
