"""JSON columns of a known shape: an unreadable value is empty and marked as unreadable."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

NOT_READ = (ValueError, TypeError, msgspec.ValidationError)


class UnreadableValue:
    """The placeholder for a value that does not have the shape of its column.

    It is empty and equals nothing, so that saving an empty value over it is a change.
    """

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = None  # type: ignore[assignment]


class UnreadableList(UnreadableValue, list[Any]):
    pass


class UnreadableDict(UnreadableValue, dict[str, Any]):
    pass


class JsonOf(TypeDecorator[Any]):
    """JSON text, kept as it was written: PostgreSQL's JSONB would change it.

    A stored value without the shape is read as `empty`, a list or object that is an
    `UnreadableValue`, so that one bad row breaks no page and no job. Code that needs the value
    checks `is_readable`.
    """

    impl = JSON
    cache_ok = True

    def __init__(
        self, shape: Any, empty: type[UnreadableValue] = UnreadableList, none_as_null: bool = False
    ) -> None:
        super().__init__(none_as_null=none_as_null)
        self.shape = shape
        self.empty = empty
        self.none_as_null = none_as_null

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        decode = super().result_processor(dialect, coltype)

        def read(value: Any) -> Any:
            if value is None and self.none_as_null:
                return None
            try:
                return msgspec.convert(decode(value) if decode else value, self.shape)
            except NOT_READ:
                return self.empty()

        return read


def is_readable(*values: object) -> bool:
    return not any(isinstance(value, UnreadableValue) for value in values)


Pair = Annotated[list[str], msgspec.Meta(min_length=2, max_length=2)]
