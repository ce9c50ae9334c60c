"""An answer can wait until deliveries have ended."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, kind, stored
from tests.support.receiver import Answer, Receiver
from tests.support.servers import PATIENCE
from webhooks_app.deliveries import waiting
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.room import Room
from webhooks_app.models import Organisation
from webhooks_app.parts import SLOT, parts_of

LEAD = {"type": "lead.captured", "data": {"name": "Ada"}}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the waiting requests do between two looks, instead of sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(waiting, "sleep", slept.append)
    return slept


@pytest.fixture
def delivering(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Between two looks, an engine delivers what is due."""
    engine = Engine(engine_parts(app))
    engine.start()
    monkeypatch.setattr(waiting, "sleep", lambda _: engine.drain(PATIENCE))
    yield
    engine.stop()


def send(api: Api, path: str, body: Any = None, **query: object) -> TestResponse:
    return api("POST", path, query_string=query, **({"json": body} if body else {}))


@pytest.mark.usefixtures("delivering")
def test_an_event_is_answered_with_how_its_deliveries_ended(api: Api, receiver: Receiver) -> None:
    ids = {api.webhook(url=receiver.url)["id"] for _ in range(2)}
    answer = send(api, "/events", LEAD, wait=25)
    assert answer.status_code == 200
    assert answer.get_json()["deliveries"] == 2
    results = answer.get_json()["results"]
    assert {one["subscription_id"] for one in results} == ids
    assert {(one["status"], one["status_code"]) for one in results} == {("delivered", 200)}


@pytest.mark.usefixtures("delivering")
def test_more_deliveries_than_are_shown_have_ended_when_all_have(
    api: Api, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks_app.api.waiting.LARGEST_SIZE", 1)
    ids = [api.webhook(url=receiver.url)["id"] for _ in range(3)]
    ended = send(api, "/events", LEAD, wait=25)
    assert (ended.status_code, len(ended.get_json()["results"])) == (200, 1)
    for one in ids:
        assert api.post(f"/webhooks/{one}/pause").status_code == 200
        waits = send(api, "/events", LEAD, wait=25)
        assert (waits.status_code, len(waits.get_json()["results"])) == (202, 1)
        assert api.post(f"/webhooks/{one}/resume").status_code == 200


@pytest.mark.usefixtures("delivering")
def test_a_test_a_retry_and_a_replay_are_answered_with_their_attempts(
    api: Api, receiver: Receiver
) -> None:
    webhook = api.webhook(url=receiver.url)["id"]
    for path in ("webhooks", "actions"):
        action = {"name": "A", "url": receiver.url, "event_types": ["lead.captured"]}
        one = webhook if path == "webhooks" else api.post("/actions", action).get_json()["id"]
        tested = send(api, f"/{path}/{one}/test", wait=25)
        assert (tested.status_code, tested.get_json()["status"]) == (200, "delivered")
        assert [one["status_code"] for one in tested.get_json()["attempts"]] == [200]
    replayed = send(api, f"/deliveries/{tested.get_json()['id']}/replay", wait=25)
    assert (replayed.status_code, replayed.get_json()["status"]) == (200, "delivered")
    assert replayed.get_json()["replay_of"] == tested.get_json()["id"]
    waits = api.post(f"/webhooks/{webhook}/test").get_json()["id"]
    retried = send(api, f"/deliveries/{waits}/retry-now", wait=25)
    assert (retried.status_code, retried.get_json()["status"]) == (200, "delivered")


@pytest.mark.usefixtures("delivering")
def test_a_failure_whose_retry_is_later_than_the_wait_is_answered_at_once(
    api: Api, receiver: Receiver
) -> None:
    receiver.answer = lambda _: Answer(500)
    api.webhook(url=receiver.url)
    answer = send(api, "/events", LEAD, wait=25)
    assert answer.status_code == 202
    [result] = answer.get_json()["results"]
    assert (result["status"], result["status_code"]) == ("retrying", 500)
    assert "Retry-After" not in answer.headers


def test_what_does_not_end_in_time_is_answered_as_it_is(api: Api, looks: list[float]) -> None:
    api.webhook()
    answer = send(api, "/events", LEAD, wait=1)
    assert answer.status_code == 202
    assert [one["status"] for one in answer.get_json()["results"]] == ["pending"]
    assert looks


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_finds_the_deliveries_of_an_event_by_its_index(api: Api, looks: list[float]) -> None:
    api.webhook()
    seen: dict[str, Any] = {}

    def keep(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if re.match(r"SELECT deliveries\.id\s(?!.*ORDER BY)", statement, re.DOTALL):
            seen[statement] = values

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        send(api, "/events", LEAD, wait=1)
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)
    assert looks
    assert len(seen) == 2
    with db.engine.connect() as connection:
        for statement, values in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "ix_deliveries_planned" in str(plan), statement


def test_what_is_paused_is_answered_at_once(api: Api, looks: list[float]) -> None:
    webhook = api.webhook()["id"]
    assert api.post(f"/webhooks/{webhook}/pause").status_code == 200
    answer = send(api, "/events", LEAD, wait=25)
    assert (answer.status_code, len(answer.get_json()["results"])) == (202, 1)
    assert not looks


def test_an_event_without_deliveries_waits_for_none(api: Api, looks: list[float]) -> None:
    answer = send(api, "/events", LEAD, wait=25)
    assert (answer.status_code, answer.get_json()["results"]) == (200, [])
    assert not looks


def test_without_a_wait_nothing_changed(api: Api, looks: list[float]) -> None:
    api.webhook()
    for query in ({}, {"wait": 0}, {"other": 1}):
        answer = send(api, "/events", LEAD, **query)
        assert answer.status_code == 202
        assert set(answer.get_json()) == {"id", "type", "deliveries"}
    assert not looks


def test_few_wait_at_once_so_that_threads_stay_free(
    app: Flask, api: Api, organisation: Organisation, looks: list[float]
) -> None:
    """Also the waits of others of the organisation count."""
    api.webhook()
    room = Room(4)
    app.extensions[SLOT] = replace(parts_of(app), delays=room)
    with room.place(organisation.id):
        answer = send(api, "/events", LEAD, wait=25)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
    assert answer.get_json()["results"]
    assert not looks


def test_who_has_waited_makes_room_for_others(app: Flask, api: Api, looks: list[float]) -> None:
    room = Room(1)
    app.extensions[SLOT] = replace(parts_of(app), delays=room)
    api.webhook()
    for _ in range(2):
        assert "Retry-After" not in send(api, "/events", LEAD, wait=1).headers


@pytest.mark.parametrize("wait", ["-1", "26", "1.5", "soon", "", "null"])
def test_a_wait_that_is_none_is_refused(api: Api, wait: str) -> None:
    api.webhook()
    assert list(faults(send(api, "/events", LEAD, wait=wait))) == ["wait"]
    assert api.get("/deliveries").get_json()["data"] == []


def test_who_may_not_see_deliveries_does_not_wait_for_them(
    api: Api, organisation: Organisation
) -> None:
    weak = Api(api.client, factories.api_key(organisation, scopes=["events:write"]))
    refused = send(weak, "/events", LEAD, wait=5)
    assert (refused.status_code, kind(refused)) == (403, "insufficient-scope")
    assert "`deliveries:read`" in refused.get_json()["detail"]
    assert stored() == (0, 0)


def test_a_repeat_waits_for_the_first_deliveries(
    api: Api, receiver: Receiver, delivering: None
) -> None:
    api.webhook(url=receiver.url)
    first = api("POST", "/events", json=LEAD, headers={"Idempotency-Key": "k"}).get_json()
    again = api(
        "POST", "/events", json=LEAD, query_string={"wait": 5}, headers={"Idempotency-Key": "k"}
    )
    assert (again.status_code, again.get_json()["id"]) == (200, first["id"])
    assert [one["status"] for one in again.get_json()["results"]] == ["delivered"]
