"""Conversations in a real database."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from webhooks_app.chat.repeats import MessageResult, ReportedMessage
from webhooks_app.chat.report import report
from webhooks_app.chat.state import Speaker
from webhooks_app.extensions import db
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Event, Organisation

Say = Callable[..., MessageResult]


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
    """`say("Hello")`: the visitor in conversation `c1` of `bot_1` writes it now."""
    database = db.engine

    def say(text: str = "Hello", speaker: Speaker = Speaker.VISITOR, **more: Any) -> MessageResult:
        now: datetime = more.pop("now", utcnow())
        to: Tenant = more.pop("tenant", tenant)
        values = {"conversation_id": "c1", "at": now} | more
        [heard] = report(
            database, to, "bot_1", [ReportedMessage(speaker=speaker, text=text, **values)], now
        )
        return heard

    return say


def events() -> list[Event]:
    with Session(db.engine, expire_on_commit=False) as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def types() -> list[str]:
    return [event.type for event in events()]
