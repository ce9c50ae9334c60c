"""The customer's own texts: stored, shown, searchable, never sent."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.api.conftest import Api, faults
from tests.support.receiver import Receiver
from tests.web.conftest import PASSWORD, Person
from webhooks_app.models import Organisation

METADATA = {"team": "sales", "cost.center-1_a": "4711 é “x”"}


def found(api: Api, **query: str) -> list[str]:
    return [one["name"] for one in api.get("/webhooks", **query).get_json()["data"]]


def test_it_is_kept_and_changed(api: Api) -> None:
    made = api.webhook(metadata=METADATA)
    assert made["metadata"] == METADATA
    path = f"/webhooks/{made['id']}"
    assert api.patch(path, {"metadata": {"team": "ops"}}).get_json()["metadata"] == {"team": "ops"}
    assert api.get(path).get_json()["metadata"] == {"team": "ops"}
    assert api.webhook()["metadata"] == {}


def test_webhooks_are_found_by_it(api: Api) -> None:
    api.webhook(name="both", metadata=METADATA)
    api.webhook(name="one", metadata={"team": "sales"})
    api.webhook(name="other", metadata={"team": "ops"})
    api.webhook(name="none")
    assert found(api, **{"metadata[team]": "sales"}) == ["one", "both"]
    both = {"metadata[team]": "sales", "metadata[cost.center-1_a]": METADATA["cost.center-1_a"]}
    assert found(api, **both) == ["both"]
    assert found(api, **{"metadata[nobody]": "sales"}) == []
    assert found(api, **{"metadata[team]": "sale"}) == []


@pytest.mark.parametrize(
    "metadata",
    [
        {"a b": "x"},
        {"": "x"},
        {"a\n": "x"},
        {"a[b]": "x"},
        {"k" * 41: "x"},
        {"k": ""},
        {"k": "x" * 501},
        {"k": 5},
        {f"k{n}": "x" for n in range(21)},
        None,
    ],
)
def test_what_it_cannot_be_is_refused(api: Api, metadata: object) -> None:
    made = api.webhook()
    response = api.patch(f"/webhooks/{made['id']}", {"metadata": metadata})
    assert (response.status_code, list(faults(response))) == (422, ["#/metadata"])


def test_a_value_is_one_line(api: Api) -> None:
    response = api.patch(f"/webhooks/{api.webhook()['id']}", {"metadata": {"k": "a\nb"}})
    assert list(faults(response)) == ["#/metadata/k"]


@pytest.mark.parametrize("name", ["metadata", "metadata[a b]", "metadata[]", "nonsense[a]"])
def test_a_filter_that_cannot_be_used_is_named(api: Api, name: str) -> None:
    response = api.get("/webhooks", **{name: "x"})
    assert (response.status_code, list(faults(response))) == (422, [name.partition("[")[0]])


def test_it_is_never_sent(api: Api, receiver: Receiver, drain: Callable[[], None]) -> None:
    api.webhook(url=receiver.url, metadata={"marker": "unsent-marker"})
    api.event()
    drain()
    [request] = receiver.received
    assert b"unsent-marker" not in request.body
    assert "unsent-marker" not in str(request.headers)


def test_pages_show_it_and_filter_by_it(api: Api, organisation: Organisation) -> None:
    factories.member(organisation, factories.user("owner@example.com", PASSWORD))
    owner = Person(api.client).log_in("owner@example.com")
    made = api.webhook(name="Mine", metadata={"team": "sales"})
    api.webhook(name="Theirs")
    assert "team: sales" in owner.get(f"/webhooks/{made['id']}").text
    assert "team: sales" in owner.get(f"/webhooks/{made['id']}/edit").text
    page = owner.get("/webhooks/", metadata="team: sales").text
    assert ("Mine" in page, "Theirs" in page) == (True, False)
    assert "No webhook has the metadata" in owner.get("/webhooks/", metadata="team: ops").text
    assert owner.get("/webhooks/", metadata='\0 "x: y').status_code == 200
    assert "No actions in live mode yet" in owner.get("/actions/").text
