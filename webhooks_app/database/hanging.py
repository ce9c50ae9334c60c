"""Connections to a server that hangs, of which no timeout of PostgreSQL or TCP knows.

Its kernel still acknowledges what it is sent, so whoever waits for an answer waits forever.
"""

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
import structlog
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from webhooks_app.lib.errors import log_failure

LOOK_EVERY = 5.0
LONG = 5.0  # seconds in use
ANSWERS_WITHIN = 10  # seconds
IN_USE_SINCE = "hookline_in_use_since"

log = structlog.get_logger(__name__)

Connection = psycopg.Connection[Any]


class Address(NamedTuple):
    host: str
    port: int


class Kept:
    """The open connections of `engine`, each with its entry in the pool."""

    def __init__(self, engine: Engine) -> None:
        self._lock = Lock()
        self._entries: WeakKeyDictionary[Connection, ConnectionPoolEntry] = WeakKeyDictionary()
        event.listen(engine, "connect", self._keep)

    def _keep(self, connection: Connection, entry: ConnectionPoolEntry) -> None:
        with self._lock:
            self._entries[connection] = entry

    def all(self) -> Mapping[Connection, ConnectionPoolEntry]:
        with self._lock:
            return dict(self._entries)


class Watch:
    """Closes the connections of `engine` to a server that hangs, within 20 seconds.

    Only while a connection has been in use for long does a thread ask that server for another one.
    Any answer will do, even that there are too many.
    """

    def __init__(self, engine: Engine) -> None:
        self._kept = Kept(engine)
        self._lock = Lock()
        self._process = 0
        event.listen(engine, "connect", self._begin)

    def _begin(self, _connection: Connection, _entry: ConnectionPoolEntry) -> None:
        """Not before: a server may fork after it made the app. It ends when none is open."""
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                Thread(target=self._run, name="hanging", daemon=True).start()

    def _run(self) -> None:
        while self._goes_on():
            sleep(LOOK_EVERY)
            try:
                self.look()
            except Exception as error:
                log_failure(log, "connections not looked at", error)

    def _goes_on(self) -> bool:
        with self._lock:
            if not self._kept.all():
                self._process = 0
            return self._process != 0

    def look(self) -> None:
        connections = self._kept.all()
        suspects: dict[Address, Connection] = {}
        for connection, entry in connections.items():
            if monotonic() - entry.info.get(IN_USE_SINCE, monotonic()) > LONG:
                with suppress(psycopg.Error):
                    suspects[_address_of(connection)] = connection
        for address, connection in suspects.items():
            if not _answers(connection):
                log.warning("the database hangs", host=address.host, port=address.port)
                cut(one for one in connections if _is_at(one, address))


def _address_of(connection: Connection) -> Address:
    info = connection.info
    return Address(info.hostaddr or info.host, info.port)


def _is_at(connection: Connection, address: Address) -> bool:
    with suppress(psycopg.Error):
        return _address_of(connection) == address
    return False


def _answers(connection: Connection) -> bool:
    """With several hosts in the URL, this asks the one that `connection` leads to."""
    info = connection.info
    same: dict[str, Any] = {**info.get_parameters(), "password": info.password}
    if info.hostaddr:
        same["hostaddr"] = info.hostaddr
    same |= {"host": info.host, "port": info.port, "target_session_attrs": "any"}
    try:
        psycopg.connect(**same | {"connect_timeout": ANSWERS_WITHIN}).close()
    except psycopg.errors.ConnectionTimeout:
        return False
    except psycopg.Error:
        return True
    return True


def cut(connections: Iterable[Connection]) -> None:
    """Whoever waits for an answer gets an error at once.

    A connection that is still open after `dup` was open before it too, so the descriptor is not
    somebody else's.
    """
    for connection in connections:
        with suppress(OSError, psycopg.Error):
            number = connection.fileno()
            with socket.socket(fileno=os.dup(number)) as end:
                if connection.fileno() == number:
                    end.shutdown(socket.SHUT_RDWR)
