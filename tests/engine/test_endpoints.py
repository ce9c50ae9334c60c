"""What an engine keeps of subscriptions: loaded without a wait for whoever writes."""

from types import SimpleNamespace
from typing import Any

from flask import Flask
from sqlalchemy import update

from tests import factories
from webhooks_app.engine.endpoints import Endpoints
from webhooks_app.extensions import db
from webhooks_app.models import Organisation

URL = "https://receiver.example/hook"


def test_they_are_loaded_while_another_writes(app: Flask) -> None:
    webhook = factories.webhook(factories.organisation(), URL)
    db.session.rollback()
    endpoints = Endpoints(db.engine, app.extensions["vault"])
    claimed: Any = SimpleNamespace(subscription_id=webhook.id, revision=webhook.revision)
    with db.engine.begin() as writer:
        writer.execute(update(Organisation).values(name="Renamed"))
        endpoints.refresh([claimed])
    assert endpoints[webhook.id].url == URL
