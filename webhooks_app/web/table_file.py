"""Rows as a file, for spreadsheets and for programs, sent while they are read."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import orjson
from flask import Response

from webhooks_app.lib.csv_file import csv_lines
from webhooks_app.lib.export import export
from webhooks_app.parts import parts
from webhooks_app.web.tenancy import here

T = TypeVar("T")
# By its name, what a row has in a column.
Columns = Mapping[str, Callable[[T], object]]
Batches = Iterable[Sequence[T]]

SPACES = bytes.maketrans(b"\r\n", b"  ")
KINDS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


def table_file(columns: Columns[T], batches: Batches[T], name: str, ending: str) -> Response:
    """`ending` is csv, or ndjson: a JSON object a line. Raises `TooOften`."""
    written = partial(_csv if ending == "csv" else _ndjson, columns)
    room, organisation_id = parts().exports, here().organisation.id
    response = export(room, organisation_id, batches, written, KINDS[ending])
    response.headers["Content-Disposition"] = f"attachment; filename={name}.{ending}"
    return response


def _csv(columns: Columns[T], batches: Batches[T]) -> Iterator[bytes]:
    def cells(row: T) -> list[str | None]:
        return [_text(read(row)) for read in columns.values()]

    rows = ([cells(row) for row in batch] for batch in batches)
    return (lines.encode() for lines in csv_lines(tuple(columns), rows))


def _ndjson(columns: Columns[T], batches: Batches[T]) -> Iterator[bytes]:
    for batch in batches:
        yield b"".join(_line({name: read(row) for name, read in columns.items()}) for row in batch)


def _line(values: Mapping[str, object]) -> bytes:
    """A fragment may have line breaks between its tokens. Inside a JSON text they are escaped."""
    return orjson.dumps(values).translate(SPACES) + b"\n"


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, dict | orjson.Fragment) else str(value)
