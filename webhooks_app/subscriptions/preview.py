"""Which of the organisation's recent events a subscription would have matched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from msgspec import to_builtins
from sqlalchemy import ScalarResult, select
from sqlalchemy.orm import Session, aliased

from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.budget import PER_EVENT, Budget
from webhooks_app.matching.changes import is_update
from webhooks_app.matching.conditions import (
    Condition,
    Explanation,
    InvalidCondition,
    explain,
    parse_conditions,
)
from webhooks_app.matching.match import view_of, wants_change
from webhooks_app.matching.stored import incoming_of
from webhooks_app.matching.type_patterns import events_of
from webhooks_app.models import Event
from webhooks_app.subscriptions.spec import EmailSpec, Spec
from webhooks_app.vocabulary import REAL_ORIGINS, Match

JUDGED = 100
PREVIEWED = 2 * PER_EVENT
PREVIEWED_BYTES = 4 * 1024 * 1024
AT_ONCE = 10
LOOKED_THROUGH = 2000


@dataclass(frozen=True, slots=True)
class PreviewedEvent:
    """An event, whether it has a wanted change, and the result of each condition."""

    event: Event
    change_wanted: bool
    explained: Explanation

    @property
    def passed(self) -> bool:
        return self.change_wanted and self.explained.passed


@dataclass(frozen=True, slots=True)
class Preview:
    """The latest events of the wanted types and scope, newest first, at most `JUDGED`.

    `problem` says why there is nothing to show yet. `is_cut`: there are more events, but these
    conditions cost too much on them.
    """

    judgements: Sequence[PreviewedEvent] = ()
    problem: str | None = None
    is_cut: bool = False

    @property
    def matching(self) -> Sequence[PreviewedEvent]:
        return [one for one in self.judgements if one.passed]

    @property
    def others(self) -> Sequence[PreviewedEvent]:
        return [one for one in self.judgements if not one.passed]


def of(session: Session, tenant: Tenant, spec: Spec) -> Preview:
    """The preview of a form's spec, even if the form is incomplete."""
    if isinstance(spec, EmailSpec) and spec.schedule is not None:
        return Preview(problem="A digest covers all events; conditions do not apply.")
    if not spec.event_types:
        return Preview(problem="Choose an event to see which recent ones would match.")
    try:
        conditions = parse_conditions(to_builtins(spec.conditions))
    except InvalidCondition as error:
        return Preview(problem=f"Condition {error.index + 1}: {error}")
    judge = partial(_judge, spec.changed_fields, conditions, spec.match, Budget(PREVIEWED))
    judged = list(map(judge, _recent(session, tenant, spec)))
    settled = list(takewhile(lambda one: one.explained.is_settled, judged))
    return Preview(settled, is_cut=len(settled) < len(judged))


def _judge(
    paths: Sequence[str],
    conditions: Sequence[Condition],
    match: Match,
    budget: Budget,
    event: Event,
) -> PreviewedEvent:
    incoming = incoming_of(event)
    wanted = not is_update(event.type) or wants_change(paths, incoming)
    return PreviewedEvent(event, wanted, explain(conditions, match, view_of(incoming), budget))


def _recent(session: Session, tenant: Tenant, spec: Spec) -> Sequence[Event]:
    """Among the newest `LOOKED_THROUGH` events: a rare type must not cost a walk over all."""
    newest = (
        select(Event)
        .where(Event.walked(tenant))
        .order_by(*Event.newest_first())
        .limit(LOOKED_THROUGH)
    )
    event = aliased(Event, newest.subquery())
    query = (
        select(event)
        .where(events_of(spec.event_types, event), event.origin.in_(REAL_ORIGINS))
        .order_by(*event.newest_first())
        .limit(JUDGED)
    )
    if (scope := spec.scope) is not None:
        query = query.where(event.subject_type == scope.type, event.subject_id == scope.id)
    events = session.scalars(query, execution_options={"yield_per": AT_ONCE})
    return list(_of_bounded_size(events))


def _of_bounded_size(events: ScalarResult[Event]) -> Iterator[Event]:
    """The first events, with at most `PREVIEWED_BYTES` of data together."""
    left = PREVIEWED_BYTES
    for event in events:
        yield event
        left -= len(event.data)
        if left < 0:
            events.close()
            return
