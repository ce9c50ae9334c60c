"""Filters of deliveries, for lists and for replays of many."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import (
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webhooks_app.database.contains import holds, holds_bytes, holds_in_json
from webhooks_app.database.walks import kept_in_order
from webhooks_app.deliveries.of_events import again_of, planned_of
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.stored import has_text_at
from webhooks_app.models import Attempt, Delivery, Event, Subscription
from webhooks_app.vocabulary import DeliveryStatus, SubscriptionKind, Trigger

Conditions = list[ColumnElement[bool]]
OWN_ID = re.compile("(evt|msg)_[0-9a-v]{26}")
Keys = tuple[UnaryExpression[str], UnaryExpression[str]]
STATUS_CODE = re.compile("[1-5]([0-9][0-9]|xx)")
UNDELIVERED = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)


class Filters(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A filter; None means any.

    `status_codes` is a first and a last code, both included. `since` (inclusive) and `until`
    (exclusive) bound when a delivery was made. `subject` is the id of a chatbot, room or space.
    `text` is looked for in the error, the event's data, its type and subject, the name of the
    action or webhook, and the ids; `response` in what came back, in upper and lower case as
    written; `field` is a path into the event's data and a part of the text there (see `fits`).
    `missing` means that it never arrived: it failed or was cancelled, and was not replayed since.
    Of several replays the newest counts, so that nothing is sent twice. Tests are not included.
    `again`: made by a replay or a recovery; `originals` are those that it replayed.
    A member of a newer version is refused: without it, the filter would mean more.
    """

    subscription_id: str | None = None
    delivery_id: str | None = None
    event_id: str | None = None
    kind: SubscriptionKind | None = None
    event_type: str | None = None
    status: DeliveryStatus | None = None
    status_codes: tuple[int, int] | None = None
    since: datetime | None = None
    until: datetime | None = None
    subject: str | None = None
    text: str | None = None
    response: str | None = None
    field: tuple[str, str] | None = None
    missing: bool = False
    again: bool = False
    originals: tuple[str, ...] = ()

    @property
    def searches(self) -> bool:
        """Whether data or responses are read, which may be large."""
        return any(one is not None for one in (self.text, self.response, self.field))

    def as_json(self) -> dict[str, object]:
        """What `read` accepts, without members that are None."""
        json: dict[str, object] = msgspec.to_builtins(self)
        return json

    @classmethod
    def read(cls, json: dict[str, object]) -> "Filters":
        return msgspec.convert(json, cls)


def by_id(session: Session, tenant: Tenant, filters: Filters) -> Filters:
    """If the text is the id of a delivery or event that is there, a filter by that id, which finds
    it however old it is."""
    text = filters.text
    if text is None or not OWN_ID.fullmatch(text) or filters.event_id is not None:
        return filters
    if text.startswith("msg_"):
        there = select(Delivery.id).where(Delivery.in_tenant(tenant), Delivery.id == text)
        found = replace(filters, text=None, delivery_id=text)
    else:
        there = select(Event.id).where(Event.in_tenant(tenant), Event.id == text)
        found = replace(filters, text=None, event_id=text)
    return found if session.scalar(there) else filters


Order = Callable[[Filters, type[Delivery]], Keys]


def range_of(tenant: Tenant, filters: Filters) -> Conditions:
    """The part that an index finds, with which a walk over the log begins.

    Ids sort by time, so a time window is a range of the index. Failed and cancelled deliveries have
    their own index.
    """
    conditions: Conditions = [Delivery.in_tenant(tenant)]
    if filters.subscription_id is not None:
        conditions.append(Delivery.subscription_id == filters.subscription_id)
    if _is_in_two_states(filters):
        conditions.append(Delivery.undelivered.in_([status.value for status in UNDELIVERED]))
    return conditions + _parts(filters)


def walked(tenant: Tenant, filters: Filters) -> Conditions:
    """The same, for a walk by `first_of`."""
    if (id_ := filters.subscription_id) is None:
        return [Delivery.walked(tenant), *_parts(filters)]
    of_it = kept_in_order(Delivery.subscription_id, literal(id_))
    return [Delivery.in_tenant(tenant), of_it, *_parts(filters)]


def newest_first(filters: Filters, delivery: type[Delivery]) -> Keys:
    """The order of `walked` deliveries."""
    if filters.subscription_id is None:
        return delivery.organisation_id.desc(), delivery.id.desc()
    return delivery.subscription_id.desc(), delivery.id.desc()


def oldest_first(filters: Filters, delivery: type[Delivery]) -> Keys:
    if filters.subscription_id is None:
        return delivery.organisation_id.asc(), delivery.id.asc()
    return delivery.subscription_id.asc(), delivery.id.asc()


def first_of(
    within: Conditions, filters: Filters, most: int, order: Order = newest_first
) -> type[Delivery]:
    """The first of `walked` deliveries. Of a row that no filter lets through, the queue is not
    read.

    In the index of what never arrived, those that failed and those that were cancelled lie apart.
    """
    columns = Delivery.__table__.columns

    def first(*state: ColumnElement[bool]) -> Select[Any]:
        found = select(*columns).where(*within, *state)
        return found.order_by(*order(filters, Delivery)).limit(most)

    if not _is_in_two_states(filters):
        return aliased(Delivery, first().subquery())
    each = [select(first(Delivery.undelivered == one.value).subquery()) for one in UNDELIVERED]
    both = union_all(*each).subquery()
    merged = select(both).order_by(*order(filters, aliased(Delivery, both)))
    return aliased(Delivery, merged.limit(most).subquery())


def _is_in_two_states(filters: Filters) -> bool:
    return filters.missing and filters.status not in UNDELIVERED


def _parts(filters: Filters) -> Conditions:
    conditions: Conditions = []
    if filters.delivery_id is not None:
        conditions.append(Delivery.id == filters.delivery_id)
    if filters.event_id is not None:
        conditions.append(of_event(filters.event_id))
    if filters.status in UNDELIVERED:
        conditions.append(Delivery.undelivered == filters.status.value)
    if filters.since is not None:
        conditions.append(Delivery.id >= _first_id(filters.since))
    if filters.until is not None:
        conditions.append(Delivery.id < _first_id(filters.until))
    return conditions


def rest_of(filters: Filters, delivery: type[Delivery]) -> Conditions:
    """The conditions to check for each row. `delivery` may be an alias; for a text, `Event` and
    `Subscription` must be joined. Of `field`, that its text is somewhere in the data: `fits` checks
    the rest.
    """
    conditions: Conditions = _of_its_event(filters, delivery)
    if filters.kind is not None:
        of_kind = select(Subscription.id).where(Subscription.kind == filters.kind.value)
        conditions.append(delivery.subscription_id.in_(of_kind))
    if filters.status is not None and filters.status not in UNDELIVERED:
        conditions.append(delivery.status == filters.status.value)
    if filters.status_codes is not None:
        conditions.append(delivery.status_code.between(*filters.status_codes))
    if filters.missing:
        conditions += [delivery.trigger != Trigger.TEST.value, ~_sent_again(delivery)]
    if filters.again:
        by_replay = delivery.trigger.in_((Trigger.REPLAY.value, Trigger.RECOVERY.value))
        conditions.append(or_(delivery.replay_of.is_not(None), by_replay))
    if filters.originals:
        conditions.append(delivery.replay_of.in_(filters.originals))
    return conditions + _searches(filters, delivery)


def _of_its_event(filters: Filters, delivery: type[Delivery]) -> Conditions:
    """Each looks at the event of one delivery. With a join, PostgreSQL would first read all events
    of the log that fit, if it expects few.
    """
    event = aliased(Event)
    conditions: Conditions = []
    if filters.event_type is not None:
        conditions.append(event.type == filters.event_type)
    if filters.subject is not None:
        conditions.append(event.subject_id == filters.subject)
    if filters.field is not None:
        conditions.append(holds_in_json(event.data, filters.field[1]))
    if not conditions:
        return []
    fits_ = select(and_(*conditions)).where(event.id == delivery.event_id)
    return [fits_.scalar_subquery()]


def _searches(filters: Filters, delivery: type[Delivery]) -> Conditions:
    conditions: Conditions = []
    if filters.text is not None:
        conditions.append(_holds(filters.text, delivery))
    if filters.response is not None:
        attempt = aliased(Attempt)
        answered = select(func.count()).where(
            attempt.delivery_id == delivery.id,
            holds_bytes(attempt.response_body, filters.response.encode(errors="replace")),
        )
        conditions.append(answered.scalar_subquery() > 0)
    return conditions


def fits(filters: Filters, event: Event) -> bool:
    """Whether the event has the text at the path of `field`."""
    return filters.field is None or has_text_at(event, *filters.field)


def _holds(text: str, delivery: type[Delivery]) -> ColumnElement[bool]:
    searched: tuple[InstrumentedAttribute[object], ...] = (
        delivery.error,
        Event.type,
        Event.subject_id,
        Subscription.name,
    )
    exactly = (delivery.id == text, Event.id == text, Subscription.id == text)
    held = [holds(one, text) for one in searched]
    return or_(*exactly, *held, holds_in_json(Event.data, text))


def _sent_again(delivery: type[Delivery]) -> ColumnElement[bool]:
    """Whether a newer replay exists. Its state then counts instead."""
    again = aliased(Delivery)
    return (
        select(again.id)
        .where(
            again.event_id == delivery.event_id,
            again.subscription_id == delivery.subscription_id,
            again.trigger != literal(Trigger.EVENT.value, literal_execute=True),
            again.id > delivery.id,
        )
        .exists()
    )


def of_event(event_id: str) -> ColumnElement[bool]:
    return of_events([event_id])


def of_events(event_ids: Collection[str]) -> ColumnElement[bool]:
    """Split the condition in two parts, since each has its own index."""
    return or_(planned_of(event_ids), again_of(event_ids))


def _first_id(moment: datetime) -> str:
    return floor_id("msg", max(0.0, moment.timestamp()))


def status_codes(code: str) -> tuple[int, int]:
    """`404` is that code, `5xx` is 500 to 599. Raises ValueError with a sentence for people."""
    if not STATUS_CODE.fullmatch(code):
        raise ValueError("Give a status code, such as 404, or a class of codes, such as 5xx.")
    return int(code.replace("x", "0")), int(code.replace("x", "9"))
