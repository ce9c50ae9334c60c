"""Turn events and their matches into rows. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.match import Candidate
from webhooks_app.vocabulary import DeliveryStatus, EventOrigin, Trigger

EVENT_COLUMNS = (
    "id",
    "organisation_id",
    "mode",
    "type",
    "subject_type",
    "subject_id",
    "data",
    "origin",
    "fan_out",
    "idempotency_key",
    "source_id",
    "occurred_at",
    "created_at",
    "changed",
    "hops",
    "untried",
    "traceparent",
)
DELIVERY_COLUMNS = (
    "id",
    "organisation_id",
    "mode",
    "subscription_id",
    "event_id",
    "trigger",
    "replay_of",
    "wire_format",
    "status",
    "tries",
    "failures",
    "created_at",
)


def lock_order(event: Mapping[str, Any]) -> tuple[str, str]:
    """The sort key of rows, so that two transactions wait instead of deadlocking."""
    return event["idempotency_key"] or "", event["source_id"] or ""


def event_row(
    tenant: Tenant,
    event: Incoming,
    fan_out: int,
    now: datetime,
    origin: EventOrigin,
    untried: int = 0,
) -> tuple[Any, ...]:
    """A row in the order of `EVENT_COLUMNS`, with a new id."""
    subject_type, subject_id = event.subject or (None, None)
    return (
        new_id("evt"),
        tenant.organisation_id,
        tenant.mode,
        event.type,
        subject_type,
        subject_id,
        event.data,
        origin.value,
        fan_out,
        event.idempotency_key,
        event.source_id,
        event.occurred_at,
        now,
        None if event.changed is None else orjson.dumps(event.changed).decode(),
        event.hops,
        untried or None,
        event.traceparent,
    )


def delivery_rows(
    tenant: Tenant, event_id: str, candidates: Iterable[Candidate], now: datetime, trigger: Trigger
) -> list[tuple[object, ...]]:
    """Rows in the order of `DELIVERY_COLUMNS`."""
    return [
        (
            new_id("msg"),
            tenant.organisation_id,
            tenant.mode,
            candidate.subscription_id,
            event_id,
            trigger.value,
            None,
            candidate.wire_format,
            DeliveryStatus.PENDING.value,
            0,
            0,
            now,
        )
        for candidate in candidates
    ]
