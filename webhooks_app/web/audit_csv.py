"""The audit log as a file for spreadsheets."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from webhooks_app.lib.csv_file import Row, csv_lines
from webhooks_app.lib.times import rfc3339
from webhooks_app.models import AuditEntry

COLUMNS = (
    "time",
    "actor_kind",
    "actor",
    "actor_id",
    "action",
    "target_kind",
    "target",
    "target_id",
    "mode",
    "ip",
    "browser",
    "details",
)


def lines(batches: Iterable[Sequence[AuditEntry]]) -> Iterator[str]:
    return csv_lines(COLUMNS, ([_cells(entry) for entry in batch] for batch in batches))


def _cells(entry: AuditEntry) -> Row:
    return (
        rfc3339(entry.created_at),
        entry.actor_kind,
        entry.actor,
        entry.actor_id,
        entry.action,
        entry.target_type,
        entry.target_name,
        entry.target_id,
        entry.mode,
        entry.ip,
        entry.user_agent,
        orjson.dumps(entry.detail).decode() if entry.detail else None,
    )
