"""Delete many rows in short transactions, as parts for `slices`."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import add
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    Table,
    Text,
    case,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
)

from webhooks_app.database import choose
from webhooks_app.database.bulk import walk_in_order
from webhooks_app.operations.slices import Key, Part, Stepped

# Of large columns, a step deletes about so many bytes: each page of them costs SQLite some time.
BYTES = 8 * 1024 * 1024
Item = TypeVar("Item")

# A step inside of a transaction.
Change = Callable[[Connection, Key, int], Stepped]


def part(engine: Engine, kind: str, change: Change, of: str = "") -> Part:
    """Each step in a transaction of its own."""

    def step(after: Key, size: int) -> Stepped:
        with engine.begin() as connection:
            walk_in_order(connection)
            return change(connection, after, size)

    return Part(kind, step, of)


def walk(
    table: Table,
    key: Sequence[Any],
    *within: ColumnElement[bool],
    over: ColumnElement[bool] | None = None,
) -> Change:
    """Walk up the rows that are `within` by an index that begins with `key`, and delete them.

    Only those that are `over`, if it is given: the others are passed once, as is what somebody else
    has locked. Large texts and bytes make a step shorter.
    """
    place, primary_key = tuple_(*key), list(table.primary_key.columns)
    large = [column for column in table.columns if isinstance(column.type, Text | LargeBinary)]
    is_over = true() if over is None else over

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        ahead = [*within, place > after] if after else list(within)
        weight = case((is_over, bytes_of(connection, *large)), else_=0) if large else literal(0)
        ordered = select(*key, weight).where(*ahead).order_by(*key).limit(size)
        with connection.execute(ordered) as rows:
            window, is_full = until_full((tuple(row[:-1]), row[-1] / BYTES) for row in rows)
        if not window:
            return Stepped(0, None)
        last = window[-1]
        these = select(*primary_key).where(*ahead, place <= last, is_over).limit(size)
        free = choose(connection, postgresql=_unlocked(these), sqlite=these)
        deleted = delete(table).where(tuple_(*primary_key).in_(free))
        count = connection.execute(deleted).rowcount
        if count == size and len(key) < len(primary_key):
            return Stepped(count, after)  # There may be more rows with the last key.
        return Stepped(count, last if is_full or len(window) == size else None)

    return change


def _unlocked(these: Select[Any]) -> Select[Any]:
    """Those that nobody else has locked.

    PostgreSQL may run a subquery again while it deletes, and would then find more than the limit.
    """
    free = these.with_for_update(skip_locked=True).cte("free")
    return select(*free.prefix_with("MATERIALIZED", dialect="postgresql").c)


def until_full(items: Iterable[tuple[Item, float]]) -> tuple[list[Item], bool]:
    """The first items, each with its share of a step, that fill one; whether they do."""
    taken, filled = [], 0.0
    for item, share in items:
        taken.append(item)
        filled += share
        if filled >= 1:
            return taken, True
    return taken, False


def bytes_of(connection: Connection, *columns: ColumnElement[Any]) -> ColumnElement[int]:
    """About how many bytes they have together; nothing is decompressed for that."""
    size = choose(connection, postgresql=func.octet_length, sqlite=func.length)
    sizes = (func.coalesce(size(column), 0) for column in columns)
    return reduce(add, sizes, literal(0))
