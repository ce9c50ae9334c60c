"""A new webhook, or one with a new URL, gets a ping, whether a page or the API saves it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests.api.conftest import URL, Api, forget_pings
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Event

FIELDS = {"name": "A", "url": URL, "event_types": ["lead.captured"]}
POLLYBOTS = {"name": "A", "url": URL, "eventTypes": ["LEAD_CREATED"]}
Make = Callable[[Api], str]


def by_api(api: Api) -> str:
    return f"/webhooks/{api.post('/webhooks', FIELDS).get_json()['id']}"


def by_chatbot(api: Api) -> str:
    path = "/chatbots/bot_1/webhooks"
    return f"{path}/{api.post(path, POLLYBOTS).get_json()['webhook']['id']}"


def pinged() -> list[str]:
    """The subscriptions that got a ping."""
    db.session.rollback()
    query = select(Delivery.subscription_id).join(Event, Event.id == Delivery.event_id)
    found = list(db.session.scalars(query.where(Event.type == "webhook.ping")))
    forget_pings()
    return found


@pytest.mark.parametrize("make", [by_api, by_chatbot])
def test_making_one_and_giving_it_a_new_url_sends_a_ping(api: Api, make: Make) -> None:
    path = make(api)
    [id_] = pinged()
    assert path.endswith(id_)
    assert api.patch(path, {"name": "Renamed"}).status_code == 200
    assert pinged() == []
    assert api.patch(path, {"url": f"{URL}/2"}).status_code == 200
    assert pinged() == [id_]


@pytest.mark.parametrize("make", [by_api, by_chatbot])
def test_one_that_is_off_is_sent_none(api: Api, make: Make) -> None:
    path = make(api)
    pinged()
    off: dict[str, Any] = {"isActive": False} if "chatbots" in path else {"enabled": False}
    api.patch(path, off)
    api.patch(path, {"url": f"{URL}/2"})
    assert pinged() == []
    api.post("/webhooks", {**FIELDS, "enabled": False})
    assert pinged() == []
