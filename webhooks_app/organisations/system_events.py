"""Webhooks about webhooks: events of the group System, in the transaction of what happened.

Nothing is written where nobody asks for them. No webhook hears about itself, and nothing follows
from a delivery of such an event that fails, so there are no loops.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Exists, Table, exists, select

from webhooks_app.catalogue.operational import NAMES
from webhooks_app.database import clock
from webhooks_app.database.bulk import insert_rows
from webhooks_app.lib import json_text
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.budget import Budget
from webhooks_app.matching.enqueue import enqueue
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import Candidate, Matcher, system_listeners
from webhooks_app.matching.rows import EVENT_COLUMNS, delivery_rows, event_row
from webhooks_app.models import CustomEventType, Event, Subscription
from webhooks_app.models.ownership import of_one_organisation
from webhooks_app.vocabulary import EventOrigin, Trigger

EVENTS = cast(Table, Event.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


class Happened(NamedTuple):
    """What happened; `about` is the id of the subscription that it happened to, if to one.

    With the same `once`, only the first is stored.
    """

    type: str
    data: Mapping[str, object]
    about: str | None = None
    once: str | None = None


class FailedDelivery(NamedTuple):
    id: str
    subscription_id: str
    event_id: str
    event_type: str
    tries: int
    status_code: int | None
    error: str | None


def tell(connection: Connection, tenant: Tenant, *happened: Happened) -> bool:
    """Store an event for each that somebody asks for; True if there is something to send."""
    listening = system_listeners(connection, tenant)
    if not listening:
        return False
    on = Matcher([one for one in listening if one.enabled])
    off = Matcher([one for one in listening if not one.enabled])
    own = _own_names(connection, tenant)
    events: list[tuple[object, ...]] = []
    deliveries: list[tuple[object, ...]] = []
    now = clock(connection)
    for one in happened:
        if one.type in own or _is_stored(connection, tenant, one):
            continue
        event = Incoming(one.type, json_text.write(one.data), now, idempotency_key=_key_of(one))
        wanted, missed = _asking(on, event, one.about), _asking(off, event, one.about)
        if wanted or missed:
            row = event_row(tenant, event, len(wanted), now, EventOrigin.API)
            events.append(row)
            deliveries += delivery_rows(tenant, row[0], wanted, now, Trigger.EVENT)
    insert_rows(connection, EVENTS, EVENT_COLUMNS, events)
    enqueue(connection, deliveries)
    return bool(deliveries)


def tell_failed(connection: Connection, failed: Iterable[FailedDelivery]) -> None:
    """Notify whoever listens about deliveries that failed permanently, except those of such
    events.

    Where nobody listens, this is one statement.
    """
    failed = [one for one in failed if one.event_type not in NAMES]
    heard = _heard(connection, {one.subscription_id for one in failed}) if failed else {}
    told: dict[Tenant, list[Happened]] = defaultdict(list)
    for one in failed:
        if (row := heard.get(one.subscription_id)) is not None:
            told[Tenant(row.organisation_id, row.mode)].append(_failure(one, row))
    for tenant in sorted(told, key=lambda one: (one.organisation_id, one.mode)):
        tell(connection, tenant, *told[tenant])


def somebody_listens() -> Exists:
    """A condition on `subscriptions`: in the organisation of the row somebody listens."""
    listening = SUBSCRIPTIONS.alias("listening")
    return exists().where(
        of_one_organisation(SUBSCRIPTIONS, listening),
        listening.c.hears_system,
        listening.c.deleted_at.is_(None),
    )


def _heard(connection: Connection, subscription_ids: Iterable[str]) -> dict[str, Any]:
    """Those of these in whose organisation somebody listens, by id."""
    columns = SUBSCRIPTIONS.c
    query = select(
        columns.id, columns.organisation_id, columns.mode, columns.kind, columns.name
    ).where(columns.id.in_(sorted(subscription_ids)), somebody_listens())
    return {row.id: row for row in connection.execute(query)}


def _failure(failed: FailedDelivery, row: Any) -> Happened:
    data = {
        "id": failed.id,
        "subscription": {"id": row.id, "kind": row.kind, "name": row.name},
        "event": {"id": failed.event_id, "type": failed.event_type},
        "tries": failed.tries,
        "status_code": failed.status_code,
        "error": failed.error,
    }
    return Happened("delivery.failed", data, row.id)


def _key_of(happened: Happened) -> str | None:
    """Keys of producers have no spaces."""
    return f"{happened.type} {happened.once}" if happened.once is not None else None


def _is_stored(connection: Connection, tenant: Tenant, happened: Happened) -> bool:
    if (key := _key_of(happened)) is None:
        return False
    query = select(Event.id).where(Event.in_tenant(tenant), Event.idempotency_key == key)
    return connection.scalar(query) is not None


def _asking(matcher: Matcher, event: Incoming, about: str | None) -> Sequence[Candidate]:
    found = matcher.select(event, Budget()).candidates
    return [one for one in found if one.subscription_id != about]


def _own_names(connection: Connection, tenant: Tenant) -> set[str]:
    """The types that the organisation registered before these names were reserved: they stay its
    own."""
    query = select(CustomEventType.name).where(
        CustomEventType.in_organisation(tenant.organisation_id),
        CustomEventType.name.in_(sorted(NAMES)),
        CustomEventType.retired_at.is_(None),
    )
    return set(connection.scalars(query))
