"""Column types that mean the same on PostgreSQL and SQLite."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from webhooks_app.models.shapes import JsonOf, Pair, UnreadableDict


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite keeps it as text that sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Byte-wise order, so that later ids sort later in any locale of the database.
IdText = String(32).with_variant(String(32, collation="C"), "postgresql")

Id = Annotated[str, mapped_column(IdText, primary_key=True)]
Ref = Annotated[str, mapped_column(IdText)]
OptionalRef = Annotated[str | None, mapped_column(IdText)]
Word = Annotated[str, mapped_column(String(40))]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
OptionalMoment = Annotated[datetime | None, mapped_column(UtcDateTime)]
Long = Annotated[str, mapped_column(Text)]
Texts = Annotated[list[str], mapped_column(JsonOf(list[str]))]
Pairs = Annotated[list[list[str]], mapped_column(JsonOf(list[Pair]))]
JsonObject = dict[str, Any]
Objects = Annotated[list[JsonObject], mapped_column(JsonOf(list[JsonObject]))]
Object = Annotated[JsonObject, mapped_column(JsonOf(JsonObject, UnreadableDict))]
# None is SQL's NULL, so that an index can find the rows without a value.
OptionalObject = Annotated[
    JsonObject | None,
    mapped_column(JsonOf(JsonObject, UnreadableDict, none_as_null=True)),
]
