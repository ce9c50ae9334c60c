"""The content of a digest: counts for its window and the previous period, and recent leads."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webhooks_app.channels.readable import INVISIBLE, cut
from webhooks_app.digests.schedule import Period, Schedule, before
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import Event
from webhooks_app.vocabulary import REAL_ORIGINS

COUNTED: Mapping[str, tuple[str, ...]] = {
    "conversations": ("conversation.started",),
    "messages": ("message.received", "message.sent"),
    "leads": ("lead.captured",),
    "bookings": ("booking.confirmed",),
}
MOST_LEADS = 20
LEAD_FIELDS = ("name", "email", "phone", "company")
LONGEST_FIELD = 100

Scope = tuple[str, str] | None

_decode = msgspec.json.Decoder().decode


def content_of(
    session: Session, tenant: Tenant, scope: Scope, schedule: Schedule, told: Period
) -> dict[str, object]:
    """The `data` of an `action.digest` event, without the recipients.

    An event belongs to the window in which it was accepted, so a late report is in the next digest
    instead of in none. Tests do not count.
    """
    earlier = before(told, schedule.zone)
    return {
        "frequency": schedule.frequency.value,
        "time_zone": schedule.zone.key,
        "start": rfc3339(told.start),
        "end": rfc3339(told.end),
        **_counts(session, tenant, scope, told),
        "before": _counts(session, tenant, scope, earlier),
        "recent_leads": _recent_leads(session, tenant, scope, told),
    }


def is_empty(content: Mapping[str, object]) -> bool:
    return not any(content[name] for name in COUNTED)


def _counts(session: Session, tenant: Tenant, scope: Scope, told: Period) -> dict[str, int]:
    wanted = [name for names in COUNTED.values() for name in names]
    query = (
        select(Event.type, func.count().label("number"))
        .where(*_within(tenant, scope, told), Event.type.in_(wanted))
        .group_by(Event.type)
    )
    found = {row.type: row.number for row in session.execute(query)}
    return {key: sum(found.get(name, 0) for name in names) for key, names in COUNTED.items()}


def _recent_leads(
    session: Session, tenant: Tenant, scope: Scope, told: Period
) -> list[dict[str, str]]:
    """Newest first, at most `MOST_LEADS`."""
    query = (
        select(Event.data, Event.occurred_at)
        .where(*_within(tenant, scope, told), Event.type.in_(COUNTED["leads"]))
        .order_by(Event.id.desc())
        .limit(MOST_LEADS)
    )
    return [lead_of(row.data, row.occurred_at) for row in session.execute(query)]


def lead_of(data: str, occurred_at: datetime) -> dict[str, str]:
    """What a digest says about a lead, from the data of its event."""
    return {**_lead(_decode(data)), "at": rfc3339(occurred_at)}


def _within(tenant: Tenant, scope: Scope, told: Period) -> list[ColumnElement[bool]]:
    """A range of ids, which sort by time, in the index on organisation, mode and id."""
    within = [
        Event.in_tenant(tenant),
        Event.id >= floor_id("evt", told.start.timestamp()),
        Event.id < floor_id("evt", told.end.timestamp()),
        Event.origin.in_([origin.value for origin in REAL_ORIGINS]),
    ]
    if scope is not None:
        within += [Event.subject_type == scope[0], Event.subject_id == scope[1]]
    return within


def _lead(data: dict[str, object]) -> dict[str, str]:
    """The lead's fields are in the data itself or, from some producers, in its `lead`."""
    inner = data.get("lead")
    fields = data | inner if isinstance(inner, dict) else data
    return {name: _shown(fields.get(name)) for name in LEAD_FIELDS}


def _shown(value: object) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    text = str(value).encode(errors="replace").decode()
    return cut(" ".join(INVISIBLE.sub(" ", text).split()), LONGEST_FIELD)
