"""Rows as a file for spreadsheets, sent while they are read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

# What spreadsheets take for a formula (OWASP, "CSV injection").
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

Row = Sequence[str | None]


def csv_lines(columns: Sequence[str], batches: Iterable[Iterable[Row]]) -> Iterator[str]:
    """A head, then a batch of rows at a time. The byte order mark tells Excel that it is UTF-8."""
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _written([columns])
    for batch in batches:
        yield _written([[safe(cell or "") for cell in row] for row in batch])


def safe(cell: str) -> str:
    """An apostrophe before what would be a formula: spreadsheets then show the text."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _written(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    return written.getvalue()
