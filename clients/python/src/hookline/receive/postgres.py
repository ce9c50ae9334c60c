"""Remembers handled deliveries in a table of PostgreSQL, for any number of machines."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from hookline.receive.stores import KEEP, LEASE, State

TABLE = "hookline_deliveries"
SWEEP_EVERY = 60.0


class PostgresStore:
    """`connect` makes a connection of DB-API 2.0, such as `lambda: psycopg.connect(…)`.

    It has its own connection in each process, opens it again when it breaks, and makes the table
    `CREATE` and its `INDEX` if there is no table. Moments are those of the database's clock.
    """

    CREATE = (
        "CREATE TABLE IF NOT EXISTS {table}"
        " (id text PRIMARY KEY, token text, until timestamptz NOT NULL)"
    )
    INDEX = "CREATE INDEX IF NOT EXISTS {name}_until ON {table} (until)"
    CLAIM = (
        "INSERT INTO {table} AS known (id, token, until)"
        " VALUES (%s, %s, clock_timestamp() + %s * interval '1 second')"
        " ON CONFLICT (id) DO UPDATE SET token = excluded.token, until = excluded.until"
        " WHERE known.until <= clock_timestamp() OR known.token = excluded.token RETURNING id"
    )
    FINISH = (
        "INSERT INTO {table} (id, token, until)"
        " VALUES (%s, NULL, clock_timestamp() + %s * interval '1 second')"
        " ON CONFLICT (id) DO UPDATE SET token = NULL, until = excluded.until"
    )
    # No index serves `clock_timestamp()`, which changes from row to row.
    SWEEP = "DELETE FROM {table} WHERE until <= statement_timestamp()"

    def __init__(
        self,
        connect: Callable[[], Any],
        keep: float = KEEP,
        lease: float = LEASE,
        table: str = TABLE,
    ) -> None:
        if not all(one.isidentifier() for one in table.split(".")):
            raise ValueError(f"{table!r} is not the name of a table.")
        self._connect, self._keep, self.lease, self._table = connect, keep, lease, table
        self._lock = threading.Lock()
        self._opened: tuple[int, Any] | None = None
        self._swept = 0.0

    def claim(self, delivery_id: str, token: str) -> State:
        self._sweep()
        if self._execute(self.CLAIM, (delivery_id, token, self.lease)):
            return State.NEW
        found = self._execute("SELECT token FROM {table} WHERE id = %s", (delivery_id,))
        return State.DONE if found and found[0][0] is None else State.BUSY

    def finish(self, delivery_id: str, token: str) -> None:  # noqa: ARG002
        self._execute(self.FINISH, (delivery_id, self._keep))

    def release(self, delivery_id: str, token: str) -> None:
        self._execute("DELETE FROM {table} WHERE id = %s AND token = %s", (delivery_id, token))

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _sweep(self) -> None:
        """What is forgotten goes, once a minute."""
        now = time.monotonic()
        if now - self._swept > SWEEP_EVERY:
            self._swept = now
            self._execute(self.SWEEP)

    def _execute(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """Again on a new connection when the kept one is broken: each statement can be repeated."""
        with self._lock:
            is_kept = self._opened is not None and self._opened[0] == os.getpid()
            try:
                return self._once(statement, values)
            except Exception:
                self._drop()
                if not is_kept:
                    raise
            try:
                return self._once(statement, values)
            except Exception:
                self._drop()
                raise

    def _once(self, statement: str, values: Sequence[object]) -> list[Any]:
        connection = self._connection()
        rows = _run(connection, statement.format(table=self._table), values)
        connection.commit()
        return rows

    def _connection(self) -> Any:
        """One for each process: a forked child must not use that of its parent."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (os.getpid(), self._connect())
            self._make_table(self._opened[1])
        return self._opened[1]

    def _make_table(self, connection: Any) -> None:
        """Two processes can do so at once: then one of them fails, and finds it."""
        exists = "SELECT to_regclass(%s) IS NOT NULL"
        if _run(connection, exists, (self._table,)) == [(True,)]:
            return
        try:
            _run(connection, self.CREATE.format(table=self._table))
            name = self._table.rpartition(".")[2]
            _run(connection, self.INDEX.format(table=self._table, name=name))
            connection.commit()
        except Exception:
            connection.rollback()
            if _run(connection, exists, (self._table,)) != [(True,)]:
                raise

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            with suppress(Exception):  # it may be broken
                opened[1].close()


def _run(connection: Any, statement: str, values: Sequence[object] = ()) -> list[Any]:
    cursor = connection.cursor()
    try:
        cursor.execute(statement, tuple(values))
        return [tuple(one) for one in cursor.fetchall()] if cursor.description else []
    finally:
        cursor.close()
