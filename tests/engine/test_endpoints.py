"""What an engine keeps of subscriptions, loaded without waiting for writers."""

from typing import cast

from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.support.claimed import claimed
from webhooks_app.channels.webhook.endpoint import WebhookEndpoint
from webhooks_app.engine.endpoints import Endpoints
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.models import Organisation

URL = "https://receiver.example/hook"


def test_they_are_loaded_while_another_writes(app: Flask) -> None:
    webhook = factories.webhook(factories.organisation(), URL)
    db.session.rollback()
    parts = engine_parts(app)
    endpoints = Endpoints(db.engine, parts.channels, parts.read)
    needed = claimed(subscription_id=webhook.id, revision=webhook.revision)
    with db.engine.begin() as writer:
        writer.execute(update(Organisation).values(name="Renamed"))
        endpoints.refresh([needed])
    assert cast(WebhookEndpoint, endpoints[webhook.id].endpoint).url == URL


def test_an_edit_forgets_nothing_of_what_is_in_flight(app: Flask) -> None:
    webhook = factories.webhook(factories.organisation(), URL)
    parts = engine_parts(app)
    endpoints = Endpoints(db.engine, parts.channels, parts.read)
    for url in (URL, f"{URL}/new"):
        webhook.url = url
        db.session.commit()
        endpoints.refresh([claimed(subscription_id=webhook.id, revision=webhook.revision)])
        db.session.rollback()
        endpoints[webhook.id].window.acquire()
    assert cast(WebhookEndpoint, endpoints[webhook.id].endpoint).url == f"{URL}/new"
    assert endpoints[webhook.id].window.in_flight == 2
