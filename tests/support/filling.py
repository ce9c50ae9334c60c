"""Rows of any table, with plausible values where a test gives none."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Column, Table, insert

from webhooks_app.extensions import Model, db
from webhooks_app.lib.ids import floor_id, new_id
from webhooks_app.models.columns import UtcDateTime
from webhooks_app.models.shapes import JsonOf


def id_at(prefix: str, moment: datetime) -> str:
    """A new id that seems to be from that moment."""
    return floor_id(prefix, moment.timestamp())[:-12] + new_id(prefix)[-12:]


def fill(model: type[Model], moment: datetime, rows: Iterable[dict[str, object]]) -> None:
    """Store rows that have these values and were made at that moment, committed."""
    table = cast(Table, model.__table__)
    asked = [one for one in table.columns if not one.nullable and one.server_default is None]
    for row in rows:
        values = {one.name: _value(one, moment) for one in asked if one.default is None}
        db.session.execute(insert(table), {**values, **row})
    db.session.commit()


def _value(column: Column[Any], moment: datetime) -> object:
    if column.name == "mode":
        return "live"
    if column.unique:
        return new_id("x")
    if isinstance(column.type, UtcDateTime):
        return moment
    if isinstance(column.type, JsonOf):
        return []
    usual = {str: "x", int: 1, float: 1.0, bool: False, bytes: b"", date: moment.date()}
    return usual[column.type.python_type]
