"""Give the space of deleted rows back to the disk.

SQLite does that only when it is asked. PostgreSQL uses the space again by itself.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine

from webhooks_app.database.sqlite import impatient

INCREMENTAL = 2
# The share of the file that stays free: new rows are about as many as were deleted.
KEPT_FREE = 1 / 20
# Of a `VACUUM`, the part that can be interrupted takes at least a third.
INTERRUPTIBLE = 1 / 4
CHECKPOINT_AT = 1000  # pages, the default


class Given(NamedTuple):
    """How many pages were given back, and whether there are more."""

    pages: int
    is_more: bool


def gives_back(engine: Engine) -> bool:
    """Whether the pages of a SQLite file can move, so that `give_back` shrinks it."""
    with _driver(engine) as driver:
        return _number(driver, "auto_vacuum") == INCREMENTAL


def give_back(engine: Engine, most: int) -> Given:
    """Shrink a SQLite file by so many pages at most, in a short transaction.

    Only a file that was created, or compacted, with pages that can move.
    """
    with _driver(engine) as driver:
        spare = _spare(driver)
        pages = min(most, spare)
        if pages:
            # `execute` would stop after the first page.
            driver.executescript(f"PRAGMA incremental_vacuum({pages})")
    return Given(pages, pages < spare)


def compact(engine: Engine, most: float) -> float | None:
    """Write a SQLite file again, so that `give_back` works from now on; how many seconds it took.

    Nobody else can write meanwhile. None if it would take more than `most` seconds: then nothing
    has changed. Raises sqlite3.OperationalError if the disk is full or others write for too long.
    """
    with engine.connect() as connection, _later_checkpoint(connection) as driver:
        began = perf_counter()
        ends = monotonic() + most * INTERRUPTIBLE
        driver.set_progress_handler(lambda: monotonic() > ends, 1000)
        try:
            driver.execute("PRAGMA auto_vacuum = INCREMENTAL")
            driver.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            driver.set_progress_handler(None, 0)
        return perf_counter() - began


@contextmanager
def _later_checkpoint(connection: Connection) -> Iterator[sqlite3.Connection]:
    """Copy from the WAL into the file at the end, which keeps no writer waiting; then empty it."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        yield driver
    finally:
        driver.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_AT}")
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)")
        with impatient(connection):
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    """Outside of any transaction."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        yield driver


def _spare(driver: sqlite3.Connection) -> int:
    if _number(driver, "auto_vacuum") != INCREMENTAL:
        return 0
    free, count = _number(driver, "freelist_count"), _number(driver, "page_count")
    return max(0, int((free - count * KEPT_FREE) / (1 - KEPT_FREE)))


def _number(driver: sqlite3.Connection, pragma: str) -> int:
    return int(driver.execute(f"PRAGMA {pragma}").fetchone()[0])
