"""/event-types: the catalogue, and an organisation's own types beside it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tests import factories
from tests.api.conftest import URL, Api, faults, kind
from tests.support.receiver import Receiver
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.events import custom_types
from webhooks_app.models import Organisation

OWN: dict[str, Any] = {
    "name": "order.paid",
    "title": "Order paid",
    "description": "A customer paid.",
    "group": "Shop",
    "sample": {"id": "ord_1", "total": 42.5, "customer": {"email": "ada@example.com"}},
    "schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
}


def registered(api: Api, **fields: object) -> dict[str, Any]:
    response = api.post("/event-types", OWN | fields)
    assert response.status_code == 201, response.text
    return dict(response.get_json())


def names(api: Api) -> set[str]:
    return {one["name"] for one in api.get("/event-types").get_json()["data"]}


def test_the_catalogue_is_listed_with_schemas(api: Api) -> None:
    listed = {one["name"]: one for one in api.get("/event-types").get_json()["data"]}
    assert set(listed) == set(CATALOGUE)
    lead = listed["lead.captured"]
    assert (lead["pollybot_name"], lead["own"]) == ("LEAD_CREATED", False)
    assert lead["schema"]["properties"]["email"]["format"] == "email"
    assert api.get("/event-types/lead.captured").get_json() == lead


def test_an_own_one_is_made_read_changed_and_retired(api: Api, outsider: Api) -> None:
    made = api.post("/event-types", data=orjson.dumps(OWN), content_type="application/json")
    assert made.headers["Location"].endswith("/api/v1/event-types/order.paid")
    shape = made.get_json()
    assert shape == OWN | {"pollybot_name": "ORDER_PAID", "own": True}
    assert list(shape["sample"]) == list(OWN["sample"])
    assert api.get("/event-types/order.paid").get_json() == shape
    assert names(api) == {*CATALOGUE, "order.paid"}
    changed = api.patch("/event-types/order.paid", {"title": "Paid", "schema": None})
    assert changed.get_json() == shape | {"title": "Paid", "schema": None}
    assert outsider.get("/event-types/order.paid").status_code == 404
    assert outsider.patch("/event-types/order.paid", {"title": "Mine"}).status_code == 404
    assert outsider("DELETE", "/event-types/order.paid").status_code == 404
    assert "order.paid" not in names(outsider)
    assert api("DELETE", "/event-types/order.paid").status_code == 204
    assert api.get("/event-types/order.paid").status_code == 404
    assert names(api) == set(CATALOGUE)


def test_only_a_name_and_a_sample_are_needed(api: Api) -> None:
    shape = api.post("/event-types", {"name": "order.sent_back", "sample": {}}).get_json()
    assert (shape["title"], shape["group"], shape["description"], shape["schema"]) == (
        "Order sent back",
        "Our own",
        "",
        None,
    )


def test_those_of_the_catalogue_cannot_be_changed(api: Api) -> None:
    assert api.patch("/event-types/lead.captured", {"title": "Mine"}).status_code == 404
    assert api("DELETE", "/event-types/lead.captured").status_code == 404


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": "paid"}, "#/name"),
        ({"name": "Order.paid"}, "#/name"),
        ({"name": "order..paid"}, "#/name"),
        ({"name": "order.paid\n.x"}, "#/name"),
        ({"name": "order." + "x" * 95}, "#/name"),
        ({"name": "lead.captured"}, "#/name"),
        ({"name": "webhook.made"}, "#/name"),
        ({"name": "action.made"}, "#/name"),
        ({"name": "lead.created"}, "#/name"),
        ({"name": "customer.at.risk"}, "#/name"),
        ({"title": ""}, "#/title"),
        ({"title": "a\nb"}, "#/title"),
        ({"description": "x" * 2001}, "#/description"),
        ({"group": "x" * 81}, "#/group"),
        ({"group": "System"}, "#/group"),
        ({"sample": [1]}, "#/sample"),
        ({"sample": None}, "#/sample"),
        ({"sample": {"a": "x" * 32768}}, "#/sample"),
        ({"schema": True}, "#/schema"),
        ({"schemas": {}}, "#/schemas"),
    ],
)
def test_what_cannot_be_is_refused(api: Api, fields: dict[str, Any], where: str) -> None:
    response = api.post("/event-types", OWN | fields)
    assert response.status_code == 422
    assert list(faults(response)) == [where]


def test_a_name_stands_for_one(api: Api) -> None:
    registered(api)
    assert list(faults(api.post("/event-types", OWN))) == ["#/name"]
    like = api.post("/event-types", OWN | {"name": "order_paid.x", "title": "Other"})
    assert like.status_code == 201
    assert list(faults(api.post("/event-types", OWN | {"name": "order.paid.x"}))) == ["#/name"]


def test_there_is_a_most(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_types, "MOST", 2)
    registered(api)
    registered(api, name="order.lost")
    assert kind(api.post("/event-types", OWN | {"name": "order.found"})) == "conflict"
    api("DELETE", "/event-types/order.lost")
    registered(api, name="order.found")


def test_it_goes_the_whole_way(
    api: Api, test_mode: Api, outsider: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    assert list(faults(api.event(type="order.paid"))) == ["#/type"]
    registered(api)
    webhook = api.webhook(
        url=receiver.url,
        event_types=["order.paid"],
        conditions=[{"field": "customer.email", "operator": "exists"}],
    )
    data = {"customer": {"email": "ada@example.com"}}
    assert api.event(type="order.paid", data=data).get_json()["deliveries"] == 1
    batch = {"events": [{"type": "order.paid", "data": data}] * 2}
    assert api.post("/events/batch", batch).status_code == 202
    assert api.post(f"/webhooks/{webhook['id']}/test").status_code == 202
    drain()
    bodies = [request.body for request in receiver.received]
    assert len(bodies) == 4
    assert sum(b'"total":42.5' in body for body in bodies) == 1
    listed = api.get("/deliveries", event_type="order.paid").get_json()["data"]
    assert len(listed) == 4
    assert test_mode.event(type="order.paid").status_code == 202
    assert list(faults(outsider.event(type="order.paid"))) == ["#/type"]
    theirs = {"name": "A", "url": URL, "event_types": ["order.paid"]}
    assert list(faults(outsider.post("/webhooks", theirs))) == ["#/event_types/0"]


def test_pollybots_clients_know_it(api: Api) -> None:
    registered(api)
    body = {"name": "A", "url": URL, "eventTypes": ["ORDER_PAID"]}
    made = api.post("/chatbots/bot_1/webhooks", body).get_json()["webhook"]
    assert made["eventTypes"] == ["ORDER_PAID"]
    assert api.get(f"/webhooks/{made['id']}").get_json()["event_types"] == ["order.paid"]


def test_it_is_not_retired_while_someone_asks_for_it(api: Api, test_mode: Api) -> None:
    registered(api)
    webhook = test_mode.webhook(name="Shop", event_types=["order.paid", "lead.captured"])
    refused = api("DELETE", "/event-types/order.paid")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert "Shop" in refused.get_json()["detail"]
    test_mode.patch(f"/webhooks/{webhook['id']}", {"event_types": ["lead.captured"]})
    assert api("DELETE", "/event-types/order.paid").status_code == 204
    assert list(faults(api.event(type="order.paid"))) == ["#/type"]


def test_a_retired_one_can_come_back_as_another(api: Api) -> None:
    registered(api)
    api("DELETE", "/event-types/order.paid")
    again = registered(api, title="Paid again")
    assert again["title"] == "Paid again"
    assert api.event(type="order.paid").status_code == 202


def test_keys_of_one_organisation_register_for_it_alone(
    api: Api, organisation: Organisation
) -> None:
    registered(api)
    only_reads = Api(api.client, factories.api_key(organisation, scopes=["events:write"]))
    assert kind(only_reads.post("/event-types", OWN)) == "insufficient-scope"
    assert "order.paid" in names(only_reads)
