"""A JSON Schema as rows that people can read.

An organisation's own schema may hold anything, so what is not understood is left out without an
error.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhooks_app.lib import json_text

DEEPEST = 5
MOST_ROWS = 200
FORMATS = {
    "date-time": "a moment",
    "date": "a day",
    "email": "an e-mail address",
    "uri": "a URL",
}
TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class FieldRow(NamedTuple):
    """`path` is written as in conditions, below `data`; `example` is JSON text, or empty."""

    path: str
    kind: str
    description: str
    example: str
    required: bool


def rows_of(schema: Mapping[str, object] | None) -> list[FieldRow]:
    """The fields of the data, each object followed by its members; at most `MOST_ROWS`."""
    rows = []
    for row in _rows(schema, "", DEEPEST):
        rows.append(row)
        if len(rows) == MOST_ROWS:
            break
    return rows


def _rows(schema: Any, before: str, levels: int) -> Iterator[FieldRow]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not levels:
        return
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    for name, field in properties.items():
        about = field if isinstance(field, Mapping) else {}
        description = about.get("description")
        yield FieldRow(
            path=f"{before}{name}",
            kind=_kind(about),
            description=description if isinstance(description, str) else "",
            example=_example(about),
            required=name in needed,
        )
        yield from _rows(about, f"{before}{name}.", levels - 1)


def _kind(field: Mapping[str, object]) -> str:
    words, kinds, format_ = field.get("enum"), field.get("type"), field.get("format")
    if isinstance(words, list):
        return "one of " + ", ".join(_json(word) for word in words)
    if kinds == "string" and isinstance(format_, str) and format_ in FORMATS:
        return FORMATS[format_]
    named = kinds if isinstance(kinds, list) else [kinds]
    known = [TYPES[kind] for kind in named if isinstance(kind, str) and kind in TYPES]
    return " or ".join(known) or "anything"


def _example(field: Mapping[str, object]) -> str:
    examples = field.get("examples")
    return _json(examples[0]) if isinstance(examples, list) and examples else ""


def _json(value: object) -> str:
    return json_text.write(value)
