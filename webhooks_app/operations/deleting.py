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
    is_over, large = true() if over is None else over, _large(table)

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
        count = _delete(connection, table, these)
        if count == size and len(key) < len(primary_key):
            return Stepped(count, after)  # There may be more rows with the last key.
        return Stepped(count, last if is_full or len(window) == size else None)

    return change


def walk_families(
    referring: ColumnElement[str],
    *within: ColumnElement[bool],
    over: ColumnElement[bool] | None = None,
) -> Change:
    """As `walk` by id, for a table whose rows are referred to by those of another.

    `referring` is the column that refers. Its rows go first, in steps of their own: the database
    would delete all of them together with what they refer to, however many they are.
    """
    [key] = referring.foreign_keys
    id_ = key.column
    parents = walk(id_.table, [id_], *within, over=over)
    is_over = true() if over is None else over

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        ahead = [*within, id_ > after[0]] if after else within
        window = connection.scalars(select(id_).where(*ahead).order_by(id_).limit(size)).all()
        theirs = select(id_).where(id_.in_(window), is_over).with_for_update(skip_locked=True)
        rows = _delete_referring(connection, referring, connection.scalars(theirs).all(), size)
        return Stepped(rows, after) if rows else parents(connection, after, size)

    return change


def _delete_referring(
    connection: Connection, referring: ColumnElement[str], ids: Sequence[str], size: int
) -> int:
    """In no order: for one, PostgreSQL might read the rows of all other ids too."""
    table, theirs = referring.table, referring.in_(ids)
    weights = select(bytes_of(connection, *_large(table))).where(theirs).limit(size)
    some, _ = until_full((None, weight / BYTES) for weight in connection.scalars(weights))
    these = select(*table.primary_key.columns).where(theirs).limit(len(some))
    return _delete(connection, table, these) if some else 0


def _delete(connection: Connection, table: Table, these: Select[Any]) -> int:
    free = unlocked(connection, these)
    deleted = delete(table).where(tuple_(*table.primary_key.columns).in_(free))
    return connection.execute(deleted).rowcount


def _large(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.columns if isinstance(column.type, Text | LargeBinary)]


def unlocked(connection: Connection, these: Select[Any]) -> Select[Any]:
    """Those that nobody else has locked.

    PostgreSQL may run a subquery again while it deletes, and would then find more than the limit.
    """
    if choose(connection, postgresql=False, sqlite=True):
        return these
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
