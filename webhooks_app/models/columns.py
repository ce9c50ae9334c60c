"""Column types that mean the same on PostgreSQL and SQLite."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, String, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; SQLite keeps it as text that sorts by time."""

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


# JSON text, kept as it was written. PostgreSQL's JSONB would change it: 1e19 comes back as an
# integer, and an escaped NUL is refused.
JsonColumn = JSON()

# Null is SQL's, so that an index can find the rows without a value.
OptionalJsonColumn = JSON(none_as_null=True)

# Byte-wise order, so that ids made later sort later whatever the database's locale.
IdText = String(32).with_variant(String(32, collation="C"), "postgresql")

Id = Annotated[str, mapped_column(IdText, primary_key=True)]
Ref = Annotated[str, mapped_column(IdText)]
OptionalRef = Annotated[str | None, mapped_column(IdText)]
Word = Annotated[str, mapped_column(String(40))]
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
OptionalMoment = Annotated[datetime | None, mapped_column(UtcDateTime)]
Long = Annotated[str, mapped_column(Text)]
JsonList = Annotated[list[Any], mapped_column(JsonColumn)]
OptionalJsonDict = Annotated[dict[str, Any] | None, mapped_column(OptionalJsonColumn)]
JsonDict = Annotated[dict[str, Any], mapped_column(JsonColumn)]
