"""The audit log as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import orjson

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
# What spreadsheets read as a formula (OWASP, "CSV injection").
FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)


def lines(batches: Iterable[Sequence[AuditEntry]]) -> Iterator[str]:
    """A header row, then batches of rows. The byte order mark tells Excel that it is UTF-8."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _rows([COLUMNS])
    for batch in batches:
        yield _rows([_cells(entry) for entry in batch])


def safe(cell: str) -> str:
    """Put an apostrophe before what would be a formula: spreadsheets then show the text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(entry: AuditEntry) -> Sequence[str]:
    cells = (
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
    return [safe(cell or "") for cell in cells]


def _rows(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue()
