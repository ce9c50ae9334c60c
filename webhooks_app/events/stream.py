"""The stream of events, and why each webhook did or did not get one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased, defer

from webhooks_app.deliveries.filters import of_event
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.paging import Page, PageBounds, encode_cursor, page_of
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.budget import PER_EVENT, Budget
from webhooks_app.matching.changes import is_update
from webhooks_app.matching.conditions import ConditionResult, explain, parse_conditions
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import check_readable, view_of, wants_change
from webhooks_app.matching.states import compared_with_last
from webhooks_app.matching.stored import incoming_of
from webhooks_app.matching.type_patterns import asks_for
from webhooks_app.matching.view import View
from webhooks_app.models import Delivery, Event, Subscription
from webhooks_app.vocabulary import Match

# As for deliveries: a rare type must not cost a walk over a million rows.
LOOKED_THROUGH = 20_000
EXPLAINED = 2  # every condition is explained, even those that matching can skip


@dataclass(frozen=True, slots=True)
class MatchExplanation:
    """Why the current webhook matches the event or not, condition by condition.

    `changed_fields` is its field filter, empty if it has none or the event is not an update.
    `changed` is what the event changed; None means unknown, which counts as everything. `broken`:
    its row cannot be read, so nothing matches.
    """

    subscription: Subscription
    asks_for_type: bool
    in_scope: bool
    changed_fields: Sequence[str]
    changed: Sequence[str] | None
    change_wanted: bool
    conditions_hold: bool
    judged: Sequence[ConditionResult]
    delivered: bool
    broken: bool = False

    @property
    def would_fire(self) -> bool:
        fits = self.asks_for_type and self.in_scope and self.change_wanted
        return self.subscription.enabled and fits and self.conditions_hold


def list_events(
    session: Session, tenant: Tenant, window: PageBounds, name: str | None = None
) -> Page[Event]:
    """Newest first, of type `name` or any, without their data, which may be large.

    A page looks through at most `LOOKED_THROUGH` events, so it may be short and still have a next
    page.
    """
    within = [Event.in_tenant(tenant)]
    if window.below is not None:
        within.append(Event.id < window.below)
    walked = select(Event).where(*within).order_by(Event.id.desc()).limit(LOOKED_THROUGH)
    event = aliased(Event, walked.subquery())
    query = select(event).options(defer(event.data)).order_by(event.id.desc())
    if name is not None:
        query = query.where(event.type == name)
    rows = session.scalars(query.limit(window.size + 1)).all()
    page = page_of(rows, [row.id for row in rows], window.size)
    if page.next_cursor is None and name is not None:
        newest = select(Event.id).where(*within).order_by(Event.id.desc())
        last = session.scalar(newest.offset(LOOKED_THROUGH - 1).limit(1))
        return Page(page.rows, encode_cursor(last) if last else None)
    return page


def find_event(session: Session, tenant: Tenant, event_id: str) -> Event:
    """Raises `NotFound`, also for another organisation's event."""
    event = session.get(Event, event_id)
    if event is None or (event.organisation_id, event.mode) != (
        tenant.organisation_id,
        tenant.mode,
    ):
        raise NotFound
    return event


def match_explanations(session: Session, tenant: Tenant, event: Event) -> list[MatchExplanation]:
    """One for each current webhook, those that got the event first."""
    told = set(session.scalars(select(Delivery.subscription_id).where(of_event(event.id))))
    return _explanations(session, tenant, incoming_of(event), told)


def dry_run(session: Session, tenant: Tenant, event: Incoming) -> list[MatchExplanation]:
    """The same for an event that is not stored, as if it happened now; those that fire first."""
    event = compared_with_last(session.connection(), tenant, event)
    found = _explanations(session, tenant, event, frozenset())
    return sorted(found, key=lambda one: not one.would_fire)


def _explanations(
    session: Session, tenant: Tenant, incoming: Incoming, told: Collection[str]
) -> list[MatchExplanation]:
    query = Subscription.of(tenant).where(Subscription.is_present())
    view, budget = view_of(incoming), Budget(EXPLAINED * PER_EVENT)
    found = [
        _explanation(row, incoming, view, budget, row.id in told) for row in session.scalars(query)
    ]
    return sorted(found, key=lambda one: (not one.delivered, one.subscription.name))


def _explanation(
    row: Subscription, event: Incoming, view: View, budget: Budget, delivered: bool
) -> MatchExplanation:
    try:
        return _explained(row, event, view, budget, delivered)
    except (TypeError, ValueError):
        return MatchExplanation(row, False, False, (), None, False, False, (), delivered, True)


def _explained(
    row: Subscription, event: Incoming, view: View, budget: Budget, delivered: bool
) -> MatchExplanation:
    check_readable(row)
    explained = explain(parse_conditions(row.conditions), Match(row.match), view, budget)
    fields = row.changed_fields if is_update(event.type) else ()
    return MatchExplanation(
        subscription=row,
        asks_for_type=asks_for(row.event_types, event.type) and not row.is_digest,
        in_scope=row.scope_type is None or (row.scope_type, row.scope_id) == event.subject,
        changed_fields=fields,
        changed=event.changed,
        change_wanted=wants_change(fields, event),
        conditions_hold=explained.passed,
        judged=explained.judged,
        delivered=delivered,
    )
