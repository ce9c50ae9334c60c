"""An engine on a real loop, and helpers to watch it work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.engine.engine import Engine, EngineParts
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.models import Attempt, Delivery, Organisation, Queued

Run = Callable[[], list[Delivery]]


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def engine(app: Flask) -> Iterator[Engine]:
    with running(engine_parts(app)) as engine:
        yield engine


@contextmanager
def running(parts: EngineParts) -> Iterator[Engine]:
    engine = Engine(parts)
    engine.start()
    yield engine
    db.session.rollback()
    engine.stop()


@pytest.fixture
def run(engine: Engine) -> Run:
    """`settle` of that engine."""
    return partial(settle, engine)


def settle(engine: Engine) -> list[Delivery]:
    """Drain and record all that is due now; the deliveries, oldest first."""
    deliver_all(engine)
    return deliveries()


def deliver_all(engine: Engine) -> None:
    """Deliver and record all that is due now.

    A drain ends while an endpoint has no free slot, and the engine claims the rest by itself.
    """
    db.session.rollback()
    assert engine.drain(PATIENCE)
    while engine.busy:
        wait_until(lambda: not engine.busy, every=0.005)
        assert engine.drain(PATIENCE)


def deliveries() -> list[Delivery]:
    return _read(select(Delivery).order_by(Delivery.id))


def attempts() -> list[Attempt]:
    return _read(select(Attempt).order_by(Attempt.delivery_id, Attempt.number))


def queue_rows() -> list[Queued]:
    return _read(select(Queued).order_by(Queued.delivery_id))


def _read(query: Any) -> list[Any]:
    """Detached rows, so that no open transaction keeps an engine from writing to SQLite."""
    db.session.rollback()
    with Session(db.engine, expire_on_commit=False) as session:
        return list(session.scalars(query))


def make_due() -> None:
    """End every backoff and lease."""
    db.session.rollback()
    made = select(Delivery.created_at).where(Delivery.id == Queued.delivery_id).scalar_subquery()
    db.session.execute(update(Queued).values(due_at=made))
    db.session.execute(
        update(Queued).where(Queued.leased_until.is_not(None)).values(leased_until=made)
    )
    db.session.commit()
