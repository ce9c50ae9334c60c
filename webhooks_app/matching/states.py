"""The last states of objects: locked, compared and updated in the transaction of `accept`.

Only for event types that a field filter follows; others cost one look into a set.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, cast

import msgspec
from sqlalchemy import Connection, Engine, Table, select, tuple_

from webhooks_app.database.bulk import upsert_rows
from webhooks_app.lib import json_text
from webhooks_app.lib.tenant import Tenant
from webhooks_app.matching.changes import changed_paths, is_update, object_type
from webhooks_app.matching.incoming import Incoming
from webhooks_app.models import ObjectState
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Part

LONGEST_ID = 200
LARGEST_COMPARED = 128 * 1024  # characters of both together, since others wait while we compare
FORGET_AFTER = timedelta(days=365)

STATES = cast(Table, ObjectState.__table__)
KEY = (STATES.c.organisation_id, STATES.c.mode, STATES.c.type, STATES.c.object_id)
MAKE = """
    INSERT INTO object_states (organisation_id, mode, type, object_id, updated_at) {rows}
    ON CONFLICT DO NOTHING"""
UPSERT = """
    INSERT INTO object_states (
        organisation_id, mode, type, object_id, data, event_id, occurred_at, updated_at
    ) {rows}
    ON CONFLICT (organisation_id, mode, type, object_id) DO UPDATE SET
        data = excluded.data, event_id = excluded.event_id,
        occurred_at = excluded.occurred_at, updated_at = excluded.updated_at"""
TYPES = (*["text"] * 6, "timestamptz", "timestamptz")

_decode = msgspec.json.Decoder().decode


class Key(NamedTuple):
    organisation_id: str
    mode: str
    type: str
    object_id: str


class _State(NamedTuple):
    data: str
    event_id: str
    occurred_at: datetime


class States:
    """The states of `keys`, locked until the transaction ends.

    Missing rows are created first, then all are locked, both in the order of keys. So of two
    transactions with the same object one waits for the other, even the first time, and they never
    deadlock.
    """

    def __init__(self, connection: Connection, keys: Iterable[Key], now: datetime) -> None:
        self._connection, self._now = connection, now
        self._known: dict[Key, _State | None] = {}
        self._moved: set[Key] = set()
        if ordered := sorted(set(keys)):
            self._lock(ordered)

    def _lock(self, ordered: list[Key]) -> None:
        rows = [(*key, self._now) for key in ordered]
        upsert_rows(self._connection, MAKE, (*["text"] * 4, "timestamptz"), rows)
        locked = select(STATES).where(tuple_(*KEY).in_(ordered)).order_by(*KEY).with_for_update()
        self._known = dict.fromkeys(ordered)
        for row in self._connection.execute(locked):
            if row.data is not None:
                key = Key(row.organisation_id, row.mode, row.type, row.object_id)
                self._known[key] = _State(row.data, row.event_id, row.occurred_at)

    def compared(self, key: Key | None, event: Incoming) -> Incoming:
        """`event` with `changed` set, unless it has it or there is nothing to compare with."""
        before = self._known.get(key) if key else None
        return _compared(before.data if before else None, event)

    def move_on(self, key: Key | None, event: Incoming, event_id: str) -> None:
        """Make `event` the last state of its object, unless a newer one was seen."""
        if key not in self._known:
            return
        before = self._known[key]
        if before is None or event.occurred_at >= before.occurred_at:
            self._known[key] = _State(event.data, event_id, event.occurred_at)
            self._moved.add(key)

    def store(self) -> None:
        """Write the changed states."""
        rows: list[tuple[object, ...]] = []
        for key in sorted(self._moved):
            state = self._known[key]
            assert state is not None
            rows.append((*key, *state, self._now))
        if rows:
            upsert_rows(self._connection, UPSERT, TYPES, rows)


def compared_with_last(connection: Connection, tenant: Tenant, event: Incoming) -> Incoming:
    """As `States.compared`, for an event that is not stored: nothing is locked or written."""
    key = key_of(tenant, event) if is_update(event.type) else None
    if key is None:
        return event
    return _compared(connection.scalar(select(STATES.c.data).where(tuple_(*KEY) == key)), event)


def _compared(before: str | None, event: Incoming) -> Incoming:
    if before is None or event.changed is not None or not is_update(event.type):
        return event
    if before == event.data:
        return replace(event, changed=())
    former = json_text.read_as(dict[str, object], before) or {}
    if not former or len(before) + len(event.data) > LARGEST_COMPARED:
        return event
    return replace(event, changed=changed_paths(former, _decode(event.data)))


def key_of(tenant: Tenant, event: Incoming) -> Key | None:
    """Which object the event is about; None if unknown.

    `data.id`, otherwise `data.customer.id`, otherwise a customer as the subject.
    """
    type_ = object_type(event.type)
    data = _decode(event.data)
    inner = data.get(type_)
    subject_type, subject_id = event.subject or (None, None)
    candidates = (
        data.get("id"),
        inner.get("id") if isinstance(inner, dict) else None,
        subject_id if subject_type == type_ else None,
    )
    ids = (_id_text(one) for one in candidates)
    found = next((id_ for id_ in ids if id_), None)
    return Key(tenant.organisation_id, tenant.mode, type_, found) if found else None


def _id_text(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    text = value if isinstance(value, str) else ""
    return text if 0 < len(text) <= LONGEST_ID and "\0" not in text else None


def forget_unseen(engine: Engine, now: datetime) -> Part:
    """Delete states of objects without an event for a year."""
    unseen = STATES.c.updated_at < now - FORGET_AFTER
    return part(engine, "object states", walk(STATES, KEY, over=unseen))
