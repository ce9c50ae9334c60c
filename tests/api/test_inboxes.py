"""Inboxes by key: test receivers for programs."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests import factories
from tests.api.conftest import Api, faults, kind
from webhooks_app.models import Organisation
from webhooks_app.parts import parts

# The SQL is that of pages, which are tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def received(api: Api, inbox: dict[str, str]) -> list[dict[str, object]]:
    return list(api.get(f"/inboxes/{inbox['id']}/requests").get_json()["data"])


def send(api: Api, inbox: dict[str, str], body: object, **headers: str) -> int:
    path = inbox["url"].removeprefix("http://localhost")
    return api.client.post(path, json=body, headers=headers).status_code


def test_what_it_is_sent_is_kept_and_judged(api: Api) -> None:
    asked = {"name": "CI", "secret": factories.SECRET}
    made = api.post("/inboxes", asked)
    inbox = made.get_json()
    assert (made.status_code, inbox["checks_signatures"], inbox["requests"]) == (201, True, 0)
    assert factories.SECRET not in made.text
    body = json.dumps({"type": "lead.captured"}).encode()
    path = inbox["url"].removeprefix("http://localhost")
    headers = factories.signed(body) | {"Authorization": "Bearer sesame"}
    sent = api.client.post(path, data=body, content_type="application/json", headers=headers)
    assert sent.status_code == 200
    assert send(api, inbox, {"type": "lead.updated"}) == 200
    second, first = received(api, inbox)
    assert (first["event"], first["delivery_id"]) == ("lead.captured", "msg_1")
    assert first["signature"] == {
        "verified": True,
        "wire_format": "standard",
        "why": "The signature is right.",
    }
    assert second["signature"]["verified"] is None  # type: ignore[index]
    assert "sesame" not in json.dumps(first)
    one = api.get(f"/inboxes/{inbox['id']}/requests/{first['id']}").get_json()
    assert one["body"] == '{\n  "type": "lead.captured"\n}'
    assert api.get(f"/inboxes/{inbox['id']}").get_json()["requests"] == 2
    assert [row["requests"] for row in api.get("/inboxes").get_json()["data"]] == [2]


def test_it_answers_as_asked(api: Api) -> None:
    inbox = api.post("/inboxes", {"name": "Down", "answer": {"status": 503}}).get_json()
    assert send(api, inbox, {}) == 503
    changed = api.patch(f"/inboxes/{inbox['id']}", {"answer": {"status": 410}})
    assert changed.get_json()["answer"]["status"] == 410
    assert send(api, inbox, {}) == 410
    assert [one["answered_status"] for one in received(api, inbox)] == [410, 503]


@pytest.mark.parametrize(
    ("answer", "at"),
    [
        ({"status": 199}, "#/answer/status"),
        ({"status": 600}, "#/answer/status"),
        ({"delay_ms": 20_001}, "#/answer/delay_ms"),
        ({"body": "x" * 4097}, "#/answer/body"),
        ({"body": "\0"}, "#/answer/body"),
        ({"content_type": "xml"}, "#/answer/content_type"),
        ({"colour": "red"}, "#/answer/colour"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(api: Api, answer: dict[str, object], at: str) -> None:
    assert list(faults(api.post("/inboxes", {"name": "A", "answer": answer}))) == [at]
    inbox = api.post("/inboxes", {"name": "A"}).get_json()
    refused = api.patch(f"/inboxes/{inbox['id']}", {"answer": answer})
    assert list(faults(refused)) == [at]
    assert api.get(f"/inboxes/{inbox['id']}").get_json() == inbox


def test_names_secrets_and_numbers_have_bounds(api: Api) -> None:
    for body, at in (({"name": " "}, "#/name"), ({"name": "A", "secret": "short"}, "#/secret")):
        assert list(faults(api.post("/inboxes", body))) == [at]
    for n in range(20):
        assert api.post("/inboxes", {"name": f"Box {n}"}).status_code == 201
    assert list(faults(api.post("/inboxes", {"name": "One more"}))) == ["#/name"]


def test_an_answer_waits_for_a_request_that_is_new(api: Api) -> None:
    inbox = api.post("/inboxes", {"name": "CI"}).get_json()
    path, first = f"/inboxes/{inbox['id']}/requests", {"type": "lead.captured"}
    other = Api(api.client.application.test_client(), api.token)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.get, path, wait=25)
        assert send(api, inbox, first) == 200
        [one] = waiting.result().get_json()["data"]
        waiting = pool.submit(other.get, path, wait=25, after=one["id"])
        assert send(api, inbox, {"type": "lead.updated"}) == 200
        [newer] = waiting.result().get_json()["data"]
    assert (one["event"], newer["event"]) == ("lead.captured", "lead.updated")
    none = api.get(path, wait=1, after=newer["id"])
    assert (none.get_json()["data"], "Retry-After" in none.headers) == ([], False)
    for wait in (-1, 26, "soon"):
        assert list(faults(api.get(path, wait=wait))) == ["wait"]


def test_if_too_many_wait_the_answer_comes_at_once(api: Api) -> None:
    inbox = api.post("/inboxes", {"name": "CI"}).get_json()
    with ExitStack() as others:
        for number in range(parts().delays.size):
            others.enter_context(parts().delays.place(f"org_{number}"))
        answer = api.get(f"/inboxes/{inbox['id']}/requests", wait=25)
    assert (answer.get_json()["data"], answer.headers["Retry-After"]) == ([], "1")


def test_it_is_cleared_and_deleted(api: Api) -> None:
    inbox = api.post("/inboxes", {"name": "CI"}).get_json()
    send(api, inbox, {})
    assert api("DELETE", f"/inboxes/{inbox['id']}/requests").status_code == 204
    assert received(api, inbox) == []
    assert api("DELETE", f"/inboxes/{inbox['id']}").status_code == 204
    assert api.get(f"/inboxes/{inbox['id']}").status_code == 404
    assert send(api, inbox, {}) == 404


@pytest.mark.parametrize("style", ["{url}", "http://localhost/api/test-webhook?inbox={token}"])
def test_a_test_key_cannot_change_what_a_live_webhook_sends_to(
    api: Api, test_mode: Api, organisation: Organisation, style: str
) -> None:
    inbox = test_mode.post("/inboxes", {"name": "Shared"}).get_json()
    assert test_mode.patch(f"/inboxes/{inbox['id']}", {"answer": {}}).status_code == 200
    url = style.format(url=inbox["url"], token=inbox["url"].rpartition("/")[2])
    factories.webhook(organisation, url)
    before = api.get(f"/inboxes/{inbox['id']}").get_json()
    for refused in (
        test_mode.patch(f"/inboxes/{inbox['id']}", {"answer": {"status": 410}}),
        test_mode("DELETE", f"/inboxes/{inbox['id']}/requests"),
        test_mode("DELETE", f"/inboxes/{inbox['id']}"),
    ):
        assert kind(refused) == "conflict"
    assert api.get(f"/inboxes/{inbox['id']}").get_json() == before
    assert api("DELETE", f"/inboxes/{inbox['id']}").status_code == 204


def test_outsiders_find_nothing(api: Api, outsider: Api) -> None:
    inbox = api.post("/inboxes", {"name": "Ours"}).get_json()
    assert outsider.get("/inboxes").get_json()["data"] == []
    for path in ("", "/requests", "/requests/req_1"):
        assert outsider.get(f"/inboxes/{inbox['id']}{path}").status_code == 404
    assert outsider("DELETE", f"/inboxes/{inbox['id']}").status_code == 404
