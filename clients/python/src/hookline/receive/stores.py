"""Where a receiver remembers which deliveries it has handled."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import OrderedDict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import redis

KEEP = 3 * 24 * 3600.0  # longer than every named retry policy
LEASE = 60.0


class State(Enum):
    NEW = "new"
    BUSY = "busy"
    DONE = "done"


class Store(Protocol):
    """A delivery is claimed, then finished or released. `token` says whose claim it is.

    A claim that is neither finished nor released, because its process died, ends with its lease:
    then the next attempt is new. `lease` is in seconds.
    """

    lease: float

    def claim(self, delivery_id: str, token: str) -> State: ...

    def finish(self, delivery_id: str, token: str) -> None: ...

    def release(self, delivery_id: str, token: str) -> None: ...


class MemoryStore:
    """For one process. A restart forgets everything; use it for tests and for small tools."""

    def __init__(self, keep: float = KEEP, lease: float = LEASE, room: int = 100_000) -> None:
        self._keep, self.lease, self._room = keep, lease, room
        self._known: OrderedDict[str, tuple[str | None, float]] = OrderedDict()
        self._lock = threading.Lock()

    def claim(self, delivery_id: str, token: str) -> State:
        with self._lock:
            now = time.monotonic()
            owner, until = self._known.get(delivery_id, (None, 0.0))
            if until > now:
                return State.DONE if owner is None else State.BUSY
            self._put(delivery_id, token, now + self.lease)
            return State.NEW

    def finish(self, delivery_id: str, token: str) -> None:  # noqa: ARG002
        with self._lock:
            self._put(delivery_id, None, time.monotonic() + self._keep)

    def release(self, delivery_id: str, token: str) -> None:
        with self._lock:
            if self._known.get(delivery_id, (None, 0.0))[0] == token:
                del self._known[delivery_id]

    def _put(self, delivery_id: str, owner: str | None, until: float) -> None:
        self._known[delivery_id] = (owner, until)
        self._known.move_to_end(delivery_id)
        while len(self._known) > self._room:
            self._known.popitem(last=False)


class SqliteStore:
    """A file, for any number of processes of one machine."""

    def __init__(self, file: str | Path, keep: float = KEEP, lease: float = LEASE) -> None:
        self._file, self._keep, self.lease = Path(file).absolute(), keep, lease
        self._lock = threading.Lock()
        self._opened: tuple[int, sqlite3.Connection] | None = None
        self._swept = 0.0
        self._execute(
            "CREATE TABLE IF NOT EXISTS hookline_deliveries"
            " (id TEXT PRIMARY KEY, token TEXT, until REAL NOT NULL) WITHOUT ROWID"
        )

    def claim(self, delivery_id: str, token: str) -> State:
        now = time.time()
        self._sweep(now)
        claimed = self._execute(
            "INSERT INTO hookline_deliveries VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET token = excluded.token, until = excluded.until WHERE until <= ?"
            " RETURNING id",
            (delivery_id, token, now + self.lease, now),
        )
        if claimed:
            return State.NEW
        found = self._execute("SELECT token FROM hookline_deliveries WHERE id = ?", (delivery_id,))
        return State.DONE if found == [(None,)] else State.BUSY

    def finish(self, delivery_id: str, token: str) -> None:  # noqa: ARG002
        self._execute(
            "INSERT OR REPLACE INTO hookline_deliveries VALUES (?, NULL, ?)",
            (delivery_id, time.time() + self._keep),
        )

    def release(self, delivery_id: str, token: str) -> None:
        self._execute(
            "DELETE FROM hookline_deliveries WHERE id = ? AND token = ?", (delivery_id, token)
        )

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened[1].close()
            self._opened = None

    def _execute(self, statement: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            return self._connection().execute(statement, values).fetchall()

    def _connection(self) -> sqlite3.Connection:
        """One for each process: a forked child must not use that of its parent."""
        if self._opened is None or self._opened[0] != os.getpid():
            opened = sqlite3.connect(
                self._file, timeout=30, isolation_level=None, check_same_thread=False
            )
            opened.execute("PRAGMA journal_mode = WAL")
            self._opened = (os.getpid(), opened)
        return self._opened[1]

    def _sweep(self, now: float) -> None:
        """What is forgotten goes, once a minute."""
        if now - self._swept > 60:
            self._swept = now
            self._execute("DELETE FROM hookline_deliveries WHERE until <= ?", (now,))


class RedisStore:
    """For any number of machines. `client` is a `redis.Redis`."""

    DONE = b"done"
    RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"

    def __init__(
        self,
        client: redis.Redis,
        keep: float = KEEP,
        lease: float = LEASE,
        prefix: str = "hookline:delivery:",
    ) -> None:
        self._client, self._prefix = client, prefix
        self._keep, self.lease = int(keep * 1000), lease

    def claim(self, delivery_id: str, token: str) -> State:
        name = self._prefix + delivery_id
        if self._client.set(name, token, nx=True, px=int(self.lease * 1000)):
            return State.NEW
        found = self._client.get(name)
        return State.DONE if found in (self.DONE, self.DONE.decode()) else State.BUSY

    def finish(self, delivery_id: str, token: str) -> None:  # noqa: ARG002
        self._client.set(self._prefix + delivery_id, self.DONE, px=self._keep)

    def release(self, delivery_id: str, token: str) -> None:
        self._client.eval(self.RELEASE, 1, self._prefix + delivery_id, token)
