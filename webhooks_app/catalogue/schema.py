"""Helpers to write the JSON Schema (2020-12) of an event's data. Examples come from the samples."""

from collections.abc import Mapping, Sequence
from typing import Any

from webhooks_app.catalogue.event_type import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Field = dict[str, Any]
Fields = Mapping[str, Field]


def described(
    name: str,
    title: str,
    description: str,
    group: str,
    sample: Mapping[str, object],
    fields: Fields,
    required: Sequence[str] = ("id",),
    summary: Sequence[str] = (),
) -> EventType:
    """An event type with the schema of its data. Producers may send more than these fields."""
    schema = {
        "$schema": DIALECT,
        "title": title,
        "description": description,
        **_object(fields, sample),
        "required": list(required),
        "examples": [dict(sample)],
    }
    return EventType(name, title, description, group, sample, schema, summary=summary)


def text(description: str) -> Field:
    return {"type": "string", "description": description}


def email(description: str) -> Field:
    return text(description) | {"format": "email"}


def link(description: str) -> Field:
    return text(description) | {"format": "uri"}


def moment(description: str) -> Field:
    """RFC 3339 with a time zone."""
    return text(description) | {"format": "date-time"}


def day(description: str) -> Field:
    return text(description) | {"format": "date"}


def one_of(description: str, *words: str) -> Field:
    return text(description) | {"enum": list(words)}


def count(description: str) -> Field:
    return {"type": "integer", "description": description, "minimum": 0}


def amount(description: str) -> Field:
    return {"type": "number", "description": description}


def texts(description: str) -> Field:
    return {"type": "array", "description": description, "items": {"type": "string"}}


def part(description: str, fields: Fields) -> Field:
    return {"type": "object", "description": description, "properties": dict(fields)}


def _object(fields: Fields, sample: Mapping[str, object]) -> Field:
    properties = {name: _with_example(field, sample[name]) for name, field in fields.items()}
    return {"type": "object", "properties": properties}


def _with_example(field: Field, value: Any) -> Field:
    if "properties" in field:
        return field | _object(field["properties"], value)
    return field | {"examples": [value]}
