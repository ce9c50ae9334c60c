"""Decide in SQL who runs a periodic job, so that two beats never both do."""

from datetime import datetime, timedelta
from typing import cast

import msgspec
from sqlalchemy import Engine, Table, select, update

from webhooks_app.database import clock, upsert
from webhooks_app.models import PeriodicRun
from webhooks_app.operations.slices import Position

RUNS = cast(Table, PeriodicRun.__table__)


def take_turn(engine: Engine, name: str, every: timedelta, now: datetime) -> bool:
    """True for exactly one caller, once `every` has passed since the last run or without one."""
    with engine.begin() as connection:
        due = update(RUNS).where(RUNS.c.name == name, RUNS.c.last_run_at <= now - every)
        if connection.execute(due.values(last_run_at=now)).rowcount:
            return True
        first = upsert(connection, RUNS).values(name=name, last_run_at=now).on_conflict_do_nothing()
        return connection.execute(first.returning(RUNS.c.name)).first() is not None


def is_latest_turn(engine: Engine, name: str, turn: datetime) -> bool:
    """Whether nobody has taken a later turn than `turn`."""
    with engine.begin() as connection:
        return connection.scalar(select(RUNS.c.last_run_at).where(RUNS.c.name == name)) == turn


def begin_slice(engine: Engine, name: str) -> Position | None:
    """Where the last slice of that job stopped.

    It is forgotten until `end_slice`: if this slice fails, the next one begins at the beginning, so
    no position can stop a job permanently.
    """
    own = RUNS.c.name == name
    with engine.begin() as connection:
        kept = connection.scalar(select(RUNS.c.position).where(own))
        if kept:
            connection.execute(update(RUNS).where(own).values(position=None))
    return msgspec.json.decode(kept, type=Position) if kept else None


def end_slice(engine: Engine, name: str, every: timedelta, since: Position | None) -> None:
    """Keep where the next slice begins, which is due at once; without that, after `every`."""
    if since is None:
        return
    kept = msgspec.json.encode(since).decode()
    with engine.begin() as connection:
        own = update(RUNS).where(RUNS.c.name == name)
        connection.execute(own.values(position=kept, last_run_at=clock(connection) - every))


def was_away(engine: Engine, name: str, longest: timedelta, now: datetime) -> bool:
    """Whether nobody has asked this for `longest`, or ever: then the workers were away."""
    known = select(RUNS.c.last_run_at).where(RUNS.c.name == name)
    with engine.begin() as connection:
        before = connection.scalar(known)
        first = upsert(connection, RUNS).values(name=name, last_run_at=now)
        connection.execute(
            first.on_conflict_do_update(index_elements=["name"], set_={"last_run_at": now})
        )
    return before is None or before < now - longest
