"""Decide in SQL who runs a periodic job, so that two beats never both do."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, Table, select, update

from webhooks_app.database import upsert
from webhooks_app.models import PeriodicRun

RUNS = cast(Table, PeriodicRun.__table__)


def take_turn(engine: Engine, name: str, every: timedelta, now: datetime) -> bool:
    """True for exactly one caller, once `every` has passed since the last run or without one."""
    with engine.begin() as connection:
        due = update(RUNS).where(RUNS.c.name == name, RUNS.c.last_run_at <= now - every)
        if connection.execute(due.values(last_run_at=now)).rowcount:
            return True
        first = upsert(connection, RUNS).values(name=name, last_run_at=now).on_conflict_do_nothing()
        return connection.execute(first.returning(RUNS.c.name)).first() is not None


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
