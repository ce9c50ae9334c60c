"""POST /events/dry-run: what would fire and why not; nothing is stored."""

from typing import Any

from tests import factories
from tests.api.conftest import Api, faults
from tests.support.rows import every_row
from webhooks_app.models import Organisation
from webhooks_app.people.api_keys import PRESETS


def tried(api: Api, name: str = "lead.captured", **members: Any) -> Any:
    body = {"type": name, "data": {"name": "Ada", "id": "cus_1"}, **members}
    answer = api.post("/events/dry-run", body)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_it_says_what_would_fire_and_why_not_and_stores_nothing(api: Api) -> None:
    fires = api.webhook(name="Fires")
    holds = api.webhook(name="Holds", conditions=[{"field": "email", "operator": "exists"}])
    off = api.webhook(name="Off", enabled=False)
    before = every_row()
    shown = tried(api)
    assert every_row() == before
    assert (shown["type"], shown["deliveries"]) == ("lead.captured", 1)
    found = {one["subscription_id"]: one for one in shown["explanations"]}
    assert next(iter(found)) == fires["id"]
    assert found[fires["id"]]["would_fire"]
    assert found[holds["id"]]["conditions_hold"] is False
    assert found[holds["id"]]["conditions"][0]["found"] is False
    assert (found[off["id"]]["would_fire"], found[off["id"]]["enabled"]) == (False, False)
    assert not any(one["delivered"] for one in found.values())


def test_it_says_what_the_event_then_does(api: Api) -> None:
    api.webhook()
    api.webhook(event_types=["*"])
    assert tried(api)["deliveries"] == api.event().get_json()["deliveries"] == 2


def test_an_update_is_compared_with_the_last_state(api: Api) -> None:
    api.webhook(event_types=["customer.*"], changed_fields=["stage"])
    api.post("/events", {"type": "customer.created", "data": {"id": "cus_1", "stage": "trial"}})
    before = every_row()
    same, other = ({"id": "cus_1", "stage": stage} for stage in ("trial", "live"))
    assert tried(api, "customer.updated", data=same)["deliveries"] == 0
    assert tried(api, "customer.updated", data=other)["deliveries"] == 1
    assert tried(api, "customer.updated", data=same, changed=["stage"])["deliveries"] == 1
    assert every_row() == before


def test_bad_events_get_their_faults(api: Api) -> None:
    answer = api.post("/events/dry-run", {"type": "lead.caught", "data": []})
    assert (answer.status_code, sorted(faults(answer))) == (422, ["#/data", "#/type"])


def test_a_key_that_may_not_read_events_sees_no_webhooks(
    api: Api, organisation: Organisation
) -> None:
    api.webhook(name="Churn risk", conditions=[{"field": "name", "operator": "exists"}])
    ingest = Api(api.client, factories.api_key(organisation, scopes=list(PRESETS["ingest"].scopes)))
    assert tried(ingest) == {"type": "lead.captured", "deliveries": 1}
    both = factories.api_key(organisation, scopes=["events:write", "events:read"])
    assert len(tried(Api(api.client, both))["explanations"]) == 1


def test_it_shows_nothing_of_others(
    api: Api, outsider: Api, test_mode: Api, organisation: Organisation
) -> None:
    api.webhook()
    assert tried(outsider)["explanations"] == tried(test_mode)["explanations"] == []
    reader = Api(api.client, factories.api_key(organisation, scopes=["events:read"]))
    assert reader.post("/events/dry-run", {"type": "lead.captured", "data": {}}).status_code == 403
