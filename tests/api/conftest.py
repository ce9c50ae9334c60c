"""A client with an API key, and helpers to read problem details."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Event, Organisation, Queued

URL = "https://receiver.example/hook"


@dataclass
class Api:
    """Requests with one key, below `/api/v1`."""

    client: FlaskClient
    token: str

    def __call__(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = factories.bearer(self.token) | more.pop("headers", {})
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: object) -> TestResponse:
        return self("GET", path, query_string=query)

    def post(self, path: str, json: object = None, **more: Any) -> TestResponse:
        return self("POST", path, **({"json": json} if json is not None else {}), **more)

    def patch(self, path: str, json: object) -> TestResponse:
        return self("PATCH", path, json=json)

    def webhook(self, **fields: object) -> dict[str, Any]:
        body = {"name": "CRM", "url": URL, "event_types": ["lead.captured"], **fields}
        response = self.post("/webhooks", body)
        assert response.status_code == 201, response.text
        forget_pings()
        return dict(response.get_json())

    def event(self, **fields: object) -> TestResponse:
        return self.post("/events", {"type": "lead.captured", "data": {"name": "Ada"}, **fields})


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def api(client: FlaskClient, organisation: Organisation) -> Api:
    return Api(client, factories.api_key(organisation))


@pytest.fixture
def test_mode(client: FlaskClient, organisation: Organisation) -> Api:
    """The same organisation's key of test mode."""
    return Api(client, factories.api_key(organisation, mode="test"))


@pytest.fixture
def outsider(client: FlaskClient) -> Api:
    return Api(client, factories.api_key(factories.organisation("Others")))


def forget_pings() -> None:
    """Forget pings, which every new webhook gets. Only `test_pings` is about them."""
    db.session.rollback()  # end the read transaction, which may not see what others have written
    pings = select(Event.id).where(Event.origin == "ping")
    theirs = Delivery.event_id.in_(pings)
    queued = Queued.delivery_id.in_(select(Delivery.id).where(theirs))
    db.session.execute(delete(Queued).where(queued))
    db.session.execute(delete(Delivery).where(theirs))
    db.session.execute(delete(Event).where(Event.origin == "ping"))
    db.session.commit()


def faults(response: TestResponse) -> dict[str, str]:
    """The place and the text of each error."""
    assert response.mimetype == "application/problem+json", response.text
    problem = response.get_json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["detail"]
    return {
        one.get("pointer") or one.get("parameter") or one["header"]: one["detail"]
        for one in problem.get("errors", [])
    }


def kind(response: TestResponse) -> str:
    return str(response.get_json()["type"]).rpartition("#")[2]


def stored() -> tuple[int, int]:
    """The number of events and deliveries."""
    events, deliveries = (
        db.session.scalar(select(func.count()).select_from(model)) for model in (Event, Delivery)
    )
    return events or 0, deliveries or 0
