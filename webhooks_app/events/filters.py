"""Filters of events."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from webhooks_app.database.contains import holds, holds_in_json
from webhooks_app.deliveries.filters import OWN_ID
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.stored import has_text_at
from webhooks_app.models import Delivery, Event

Conditions = list[ColumnElement[bool]]


class EventFilters(NamedTuple):
    """A filter; None means any.

    `subject` is the id of a chatbot, room or space. `text` is looked for in the data, the type and
    the ids; `field` is a path into the data and a part of the text there. `since` (inclusive) and
    `until` (exclusive) bound when it was received.
    """

    id: str | None = None
    type: str | None = None
    subject: str | None = None
    text: str | None = None
    field: tuple[str, str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def searches(self) -> bool:
        """Whether the data are read, which may be large."""
        return self.text is not None or self.field is not None


def by_id(session: Session, tenant: Tenant, filters: EventFilters) -> EventFilters:
    """If the text is the id of an event that is there, or of a delivery of one, a filter by the id
    of the event, which finds it however old it is."""
    text = filters.text
    if text is None or not OWN_ID.fullmatch(text):
        return filters
    if text.startswith("evt_"):
        there = select(Event.id).where(Event.in_tenant(tenant), Event.id == text)
    else:
        there = select(Delivery.event_id).where(Delivery.in_tenant(tenant), Delivery.id == text)
    id_ = session.scalar(there)
    return filters._replace(text=None, id=id_) if id_ else filters


def range_of(tenant: Tenant, filters: EventFilters) -> Conditions:
    """The part that an index finds, for a walk: ids sort by time."""
    conditions: Conditions = [Event.walked(tenant)]
    if filters.id is not None:
        conditions.append(Event.id == filters.id)
    if filters.since is not None:
        conditions.append(Event.id >= _first_id(filters.since))
    if filters.until is not None:
        conditions.append(Event.id < _first_id(filters.until))
    return conditions


def rest_of(filters: EventFilters, event: type[Event]) -> Conditions:
    """The conditions to check for each row; of `field`, that its text is somewhere in the data."""
    conditions: Conditions = []
    if filters.type is not None:
        conditions.append(event.type == filters.type)
    if filters.subject is not None:
        conditions.append(event.subject_id == filters.subject)
    if filters.text is not None:
        exactly = (event.id == filters.text, event.source_id == filters.text)
        held = [holds(one, filters.text) for one in (event.type, event.subject_id)]
        conditions.append(or_(*exactly, *held, holds_in_json(event.data, filters.text)))
    if filters.field is not None:
        conditions.append(holds_in_json(event.data, filters.field[1]))
    return conditions


def fits(filters: EventFilters, event: Event) -> bool:
    """Whether its data has the text at the path of `field`."""
    return filters.field is None or has_text_at(event, *filters.field)


def _first_id(moment: datetime) -> str:
    return floor_id("evt", max(0.0, moment.timestamp()))
