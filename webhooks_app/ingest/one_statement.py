"""The common case of accepting, in one statement: one round trip and one transaction.

PostgreSQL only. It stores events that are new and matched with the current subscriptions. The rest,
such as a repeated key, is for `accept_together`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from webhooks_app.database import choose, one_statement
from webhooks_app.database.bulk import driver_cursor
from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.ingest.selection import Selection
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.metrics import ACCEPTED
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.incoming import Accepted
from webhooks_app.matching.rows import EVENT_COLUMNS, event_row, lock_order

# The version and the keys are read row by row, so that no plan reads all organisations or keys. If
# another transaction takes a key meanwhile, the statement fails, and `accept_together` follows.
STORE = """
    WITH stored AS (
        INSERT INTO events (
            id, organisation_id, mode, type, subject_type, subject_id, data, origin, fan_out,
            idempotency_key, source_id, occurred_at, created_at, changed, hops,
            traceparent
        )
        SELECT id, organisation_id, mode, type, subject_type, subject_id, data, origin, fan_out,
            idempotency_key, source_id, occurred_at, now(), changed, hops,
            traceparent
        FROM json_to_recordset(%s::json) AS e (
            id text, organisation_id text, mode text, type text, subject_type text,
            subject_id text, data text, origin text, fan_out int, idempotency_key text,
            source_id text, occurred_at timestamptz, changed text, hops smallint,
            traceparent text, version int
        )
        WHERE e.version = (
            SELECT o.subscriptions_version FROM organisations AS o WHERE o.id = e.organisation_id
        )
        AND CASE WHEN e.idempotency_key IS NOT NULL THEN (
            SELECT k.event_id FROM event_keys AS k
            WHERE k.organisation_id = e.organisation_id AND k.mode = e.mode
                AND k.kind = 'idempotency_key' AND k.key = e.idempotency_key
        ) END IS NULL
        AND CASE WHEN e.source_id IS NOT NULL THEN (
            SELECT k.event_id FROM event_keys AS k
            WHERE k.organisation_id = e.organisation_id AND k.mode = e.mode
                AND k.kind = 'source_id' AND k.key = e.source_id
        ) END IS NULL
        RETURNING id, organisation_id, mode, created_at
    ), planned AS (
        INSERT INTO deliveries (
            id, organisation_id, mode, subscription_id, event_id, trigger, wire_format, status,
            tries, failures, created_at
        )
        SELECT d.id, s.organisation_id, s.mode, d.subscription_id, s.id, 'event', d.wire_format,
            'pending', 0, 0, s.created_at
        FROM json_to_recordset(%s::json) AS d (
            id text, event_id text, subscription_id text, wire_format text
        )
        JOIN stored AS s ON s.id = d.event_id
        RETURNING id, subscription_id, created_at
    ), queued AS (
        INSERT INTO queue (delivery_id, subscription_id, due_at)
        SELECT id, subscription_id, created_at FROM planned
    )
    SELECT id FROM stored"""


@dataclass(frozen=True, slots=True)
class _Plan:
    """A request and its rows, each by the names of its columns."""

    asked: IngestRequest
    answer: Accepted
    event: Mapping[str, object]
    deliveries: Sequence[Mapping[str, object]]


def store_plain(database: Engine, asked: Sequence[IngestRequest]) -> None:
    """Plain requests that could be stored are `done`. The others are unchanged."""
    if choose(database, postgresql=False, sqlite=True):
        return
    now = utcnow()
    plans = [_plan(one, one.selection, now) for one in asked if one.selection and _is_plain(one)]
    if not plans:
        return
    stored = _store(database, plans)
    for plan in plans:
        if plan.answer.id in stored:
            answer = Accepted(
                str(plan.event["id"]), plan.asked.events[0].type, len(plan.deliveries)
            )
            plan.asked.accepted, plan.asked.done = [answer], True
    ACCEPTED.inc(len(stored))


def _is_plain(asked: IngestRequest) -> bool:
    """Whether it is one event with all conditions tried, and no field filter needs a last state."""
    selection = asked.selection
    is_known = selection is not None and selection.is_whole and not selection.follows
    return is_known and len(asked.events) == 1


def _plan(asked: IngestRequest, selection: Selection, now: datetime) -> _Plan:
    [event], [selected] = asked.events, selection.events
    candidates = selected.with_change(event).candidates
    row = event_row(asked.tenant, event, len(candidates), now, asked.origin)
    deliveries = [
        {
            "id": new_id("msg"),
            "event_id": row[0],
            "subscription_id": one.subscription_id,
            "wire_format": one.wire_format,
        }
        for one in candidates
    ]
    named = dict(zip(EVENT_COLUMNS, row, strict=True), version=selection.version)
    return _Plan(asked, Accepted(row[0], event.type, len(candidates)), named, deliveries)


def _store(database: Engine, plans: Sequence[_Plan]) -> set[str]:
    """The ids of the stored events."""
    events = msgspec.json.encode(sorted((plan.event for plan in plans), key=lock_order))
    deliveries = msgspec.json.encode([one for plan in plans for one in plan.deliveries])
    with one_statement(database) as connection, driver_cursor(connection) as cursor:
        cursor.execute(STORE, (events.decode(), deliveries.decode()))
        return {id_ for (id_,) in cursor}
