"""Delete many rows in short transactions, as parts for `slices`."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select, tuple_

from webhooks_app.database.bulk import walk_in_order
from webhooks_app.operations.slices import Key, Part, Stepped

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
    table: Table, key: Sequence[Any], *within: ColumnElement[bool], over: Any = None
) -> Change:
    """Walk up the rows that are `within` by an index that begins with `key`, and delete them.

    Only those that are `over`, if it is given: the others are passed once.
    """
    place = tuple_(*key)

    def change(connection: Connection, after: Key, size: int) -> Stepped:
        ahead = [*within, place > after] if after else list(within)
        window = select(*key).where(*ahead).order_by(*key).offset(size - 1).limit(1)
        last = connection.execute(window).first()
        these = delete(table).where(*ahead) if over is None else delete(table).where(*ahead, over)
        if last is None:
            return Stepped(connection.execute(these).rowcount, None)
        rows = connection.execute(these.where(place <= tuple(last))).rowcount
        return Stepped(rows, tuple(last))

    return change
