"""REST Hooks: subscribe, get what the samples show, unsubscribe."""

from collections.abc import Callable

import orjson
import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.api.conftest import Api, faults, stored
from tests.support.receiver import Receiver
from webhooks_app.models import Organisation

# The SQL is that of pages, which are tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

URL = "https://hooks.zapier.example/hooks/standard/1/abc/"


def test_a_hook_gets_what_the_samples_show(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    made = api.post("/hooks", {"target_url": receiver.url, "event": "lead.captured"})
    hook = made.get_json()
    assert (made.status_code, hook["event"]) == (201, "lead.captured")
    assert stored() == (0, 0)  # no ping
    api.event(subject={"type": "chatbot", "id": "bot_1"})
    drain()
    [request] = receiver.received
    [sample] = api.get("/event-types/lead.captured/samples").get_json()
    assert orjson.loads(request.body) == sample
    assert sample["data"] == {"name": "Ada"}
    assert sample["subject"] == {"type": "chatbot", "id": "bot_1"}
    assert api("DELETE", f"/hooks/{hook['id']}").status_code == 204
    api.event()
    drain()
    assert len(receiver.received) == 1
    assert api("DELETE", f"/hooks/{hook['id']}").status_code == 404


def test_without_events_or_the_scope_samples_are_the_catalogues(
    api: Api, client: FlaskClient, organisation: Organisation
) -> None:
    blind = Api(client, factories.api_key(organisation, scopes=["webhooks:write"]))
    shown = api.get("/event-types/lead.captured").get_json()["sample"]
    assert [one["data"] for one in api.get("/event-types/lead.captured/samples").get_json()] == [
        shown
    ]
    for n in range(4):
        api.event(data={"name": f"Ada {n}"})
    named = [one["data"]["name"] for one in api.get("/event-types/lead.captured/samples").json]
    assert named == ["Ada 3", "Ada 2", "Ada 1"]
    assert [one["data"] for one in blind.get("/event-types/lead.captured/samples").json] == [shown]
    assert api.get("/event-types/lead.caught/samples").status_code == 404


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"target_url": URL, "event": "lead.caught"}, ["#/event"]),
        ({"target_url": "http://plain.example/", "event": "lead.captured"}, ["#/target_url"]),
        ({"target_url": "nowhere", "event": "lead.caught"}, ["#/event", "#/target_url"]),
        ({"event": "lead.captured"}, ["#/target_url"]),
        ({"target_url": URL, "event": "webhook.ping"}, ["#/event"]),
    ],
)
def test_what_cannot_be_is_said_in_its_own_words(
    api: Api, body: dict[str, str], at: list[str]
) -> None:
    assert sorted(faults(api.post("/hooks", body))) == at
    assert api.get("/webhooks").get_json()["data"] == []


def test_a_hook_is_a_webhook_that_its_owner_sees(api: Api, outsider: Api) -> None:
    hook = api.post("/hooks", {"target_url": URL, "event": "lead.captured"}).get_json()
    shown = api.get(f"/webhooks/{hook['id']}").get_json()
    assert (shown["url"], shown["event_types"]) == (URL, ["lead.captured"])
    assert shown["name"] == "hooks.zapier.example: lead.captured"
    assert outsider("DELETE", f"/hooks/{hook['id']}").status_code == 404
