"""What an organisation's plan includes. Without a plan, which is the default, nothing is limited.

Actions come with "Starter" (Pivra's document), webhooks with a "premium license" (Inqyra's). The
numbers are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webhooks_app.lib.errors import NotFound, PlanLimit
from webhooks_app.models import CustomEventType, Organisation, Subscription
from webhooks_app.organisations.audit_log import Target, record
from webhooks_app.vocabulary import SubscriptionKind


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan. None means no limit, 0 not included. Live and test mode count together."""

    name: str
    title: str
    actions: int | None = None
    webhooks: int | None = None
    event_types: int | None = None
    events_per_minute: int | None = None
    retention_days: int | None = None


SELF_HOSTED = Plan("self_hosted", "Self-hosted")
# From the smallest to the largest on sale; then the one that is not on sale.
PLANS: Mapping[str, Plan] = {
    plan.name: plan
    for plan in (
        Plan("free", "Free", 0, 0, 0, events_per_minute=60, retention_days=7),
        Plan("starter", "Starter", 10, 0, 5, events_per_minute=600, retention_days=30),
        Plan("premium", "Premium", 100, 50, 50, events_per_minute=6000, retention_days=90),
        SELF_HOSTED,
    )
}
SMALLEST = next(iter(PLANS.values()))
NOUNS = {"actions": "actions", "webhooks": "webhooks", "event_types": "event types of your own"}
OF_KIND = {SubscriptionKind.ACTION: "actions", SubscriptionKind.WEBHOOK: "webhooks"}


class Quota(NamedTuple):
    """How much of something a plan includes, and how much is used. `what` is one of `NOUNS`."""

    plan: Plan
    what: str
    limit: int
    used: int

    @property
    def is_full(self) -> bool:
        return self.used >= self.limit

    @property
    def sentence(self) -> str:
        """A sentence for people: what the plan includes, and which plan has more."""
        noun = NOUNS[self.what]
        has = f"{self.limit} {noun}, and all are in use" if self.limit else f"no {noun}"
        larger = [one for one in _sold() if (getattr(one, self.what) or 0) > self.limit]
        more = f"{larger[0].title} has {getattr(larger[0], self.what)}." if larger else ""
        return f"Your plan, {self.plan.title}, has {has}. {more}".strip()


def plan_beside(name: str) -> Plan:
    """The plan of a new organisation that a member of one on plan `name` opens.

    Where plans are sold, each organisation pays for its own.
    """
    return SELF_HOSTED if name == SELF_HOSTED.name else SMALLEST


def plan_called(name: str) -> Plan:
    """The plan of that name. An unknown one is unlimited: nobody loses what they paid for."""
    return PLANS.get(name, SELF_HOSTED)


def set_plan(session: Session, organisation_id: str, name: str) -> None:
    """Set the plan, committed. What exceeds the new limits stays and keeps working.

    Raises `NotFound`, and KeyError for an unknown plan.
    """
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound
    before, row.plan = row.plan, PLANS[name].name
    if before != row.plan:
        target = Target(organisation_id, organisation_id, row.name)
        record(session, "organisation.plan_changed", target, before=before, after=row.plan)
    session.commit()


def room_for(session: Session, organisation_id: str, what: str) -> Quota | None:
    """The usage, or None without a limit; then it costs one look-up."""
    plan = plan_called(session.get_one(Organisation, organisation_id).plan)
    limit: int | None = getattr(plan, what)
    if limit is None:
        return None
    return Quota(plan, what, limit, _used(session, organisation_id, what))


def check_room(session: Session, organisation_id: str, what: str) -> None:
    """Check that one more fits. With a limit, others who add one wait for this transaction.

    Raises `PlanLimit` with a sentence for a person.
    """
    if (room := room_for(session, organisation_id, what)) is None:
        return
    if not room.is_full:
        session.get_one(Organisation, organisation_id, with_for_update=True)
        room = room._replace(used=_used(session, organisation_id, what))
    if room.is_full:
        raise PlanLimit(room.sentence)


def shorter_retentions(session: Session, days: int) -> dict[str, int]:
    """The organisations whose plan keeps data for fewer than `days`, and for how many."""
    by_plan = {
        plan.name: plan.retention_days
        for plan in PLANS.values()
        if plan.retention_days is not None and plan.retention_days < days
    }
    rows = session.execute(
        select(Organisation.id, Organisation.plan).where(Organisation.plan.in_(by_plan))
    )
    return {row.id: by_plan[row.plan] for row in rows}


def audit_days(plan: str, longest: int) -> int:
    """For how many days that plan keeps an organisation's audit log."""
    return min(longest, plan_called(plan).retention_days or longest)


def _used(session: Session, organisation_id: str, what: str) -> int:
    if what == "event_types":
        query = select(func.count()).where(
            CustomEventType.in_organisation(organisation_id), CustomEventType.retired_at.is_(None)
        )
    else:
        [kind] = [kind for kind, plural in OF_KIND.items() if plural == what]
        query = select(func.count()).where(
            Subscription.in_organisation(organisation_id),
            Subscription.kind == kind.value,
            Subscription.is_present(),
            ~Subscription.is_listener,
        )
    return session.scalar(query) or 0


def _sold() -> list[Plan]:
    return [plan for plan in PLANS.values() if plan is not SELF_HOSTED]
