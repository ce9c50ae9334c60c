"""Conversations in a real database."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webhooks_app.clock import utcnow
from webhooks_app.extensions import db
from webhooks_app.models import Event, Organisation
from webhooks_app.pipeline.incoming import Tenant
from webhooks_app.sources.chat.repeats import Heard, Reported
from webhooks_app.sources.chat.report import report
from webhooks_app.sources.chat.state import Speaker

Say = Callable[..., Heard]


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def tenant(organisation: Organisation) -> Tenant:
    tenant = factories.tenant(organisation)
    db.session.commit()
    return tenant


@pytest.fixture
def say(tenant: Tenant) -> Say:
    """`say("Hello")`: the visitor of conversation `c1` of `bot_1` writes it now."""
    database = db.engine

    def say(text: str = "Hello", speaker: Speaker = Speaker.VISITOR, **more: Any) -> Heard:
        now: datetime = more.pop("now", utcnow())
        to: Tenant = more.pop("tenant", tenant)
        values = {"conversation_id": "c1", "at": now} | more
        [heard] = report(
            database, to, "bot_1", [Reported(speaker=speaker, text=text, **values)], now
        )
        return heard

    return say


def events() -> list[Event]:
    with Session(db.engine, expire_on_commit=False) as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def types() -> list[str]:
    """Sorted, since two events of one message share a millisecond."""
    return sorted(event.type for event in events())
