"""A computer fetches the deliveries of its own webhook: leased, logged and retried as usual."""

import base64
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, kind
from tests.support.engine import queue_rows
from tests.support.open_deliveries import arrange
from tests.support.servers import PATIENCE
from webhooks_app.engine.claim import anything_due
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.listeners import ending, results, starting, visits
from webhooks_app.models import (
    Attempt,
    AuditEntry,
    Delivery,
    Listener,
    Notification,
    Organisation,
    PeriodicRun,
    Queued,
    SendAllowance,
    Subscription,
)
from webhooks_app.operations.integrity_check import audit
from webhooks_app.organisations import plans
from webhooks_app.parts import parts_of
from webhooks_app.subscriptions import undo

LOCAL = "http://localhost:3000/hooks"


class Computer:
    """What `hookline listen` does, by hand."""

    def __init__(self, api: Api, **wanted: object) -> None:
        self.api = api
        self.started = api.post("/listeners", {"url": LOCAL, **wanted})
        self.shown: dict[str, Any] = self.started.get_json()
        assert self.started.status_code in (200, 201), self.started.text
        self.id, self.session = self.shown["id"], self.shown["session"]

    def visit(self, **more: object) -> TestResponse:
        body = {"session": self.session, **more}
        return self.api.post(f"/listeners/{self.id}/deliveries", body)

    def take(self, **more: object) -> list[dict[str, Any]]:
        response = self.visit(**more)
        assert response.status_code == 200, response.text
        return list(response.get_json()["data"])

    def report(self, *results: dict[str, Any]) -> TestResponse:
        return self.api.post(
            f"/listeners/{self.id}/results", {"session": self.session, "results": list(results)}
        )

    def answer(self, taken: dict[str, Any], **more: object) -> dict[str, Any]:
        response = self.report(result(taken, **more))
        assert response.status_code == 200, response.text
        [followed] = response.get_json()["data"]
        return dict(followed)


def result(taken: dict[str, Any], **more: object) -> dict[str, Any]:
    known = {name: taken[name] for name in ("delivery_id", "number", "timestamp")}
    return {**known, "duration_ms": 12, **({"status_code": 204} | more)}


@pytest.fixture
def computer(test_mode: Api) -> Computer:
    return Computer(test_mode, event_types=["lead.*"])


def deliveries() -> list[Delivery]:
    db.session.rollback()
    return list(db.session.scalars(select(Delivery).order_by(Delivery.id)))


def attempts() -> list[Attempt]:
    db.session.rollback()
    return list(db.session.scalars(select(Attempt).order_by(Attempt.number)))


def lease_ends() -> None:
    arrange(Delivery.status == "sending", due_at=utcnow() - timedelta(seconds=1))


def make_due() -> None:
    arrange(Delivery.status == "retrying", due_at=utcnow())


def test_a_delivery_is_taken_signed_answered_and_logged(
    computer: Computer, test_mode: Api, drain: Callable[[], None]
) -> None:
    assert computer.started.status_code == 201
    test_mode.event(data={"name": "Ada"})
    drain()
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries) == ("pending", 0)
    [taken] = computer.take()
    assert (taken["url"], taken["event_type"], taken["number"]) == (LOCAL, "lead.captured", 1)
    Webhook(computer.shown["secret"]).verify(taken["body"].encode(), taken["headers"])
    assert json.loads(taken["body"])["data"] == {"name": "Ada"}
    assert computer.take() == []

    answer = {"status_code": 200, "headers": [["X-Who", "me"]], "body": b64(b"thanks \xff")}
    followed = computer.answer(taken, **answer)
    assert followed == {
        "delivery_id": taken["delivery_id"],
        "status": "delivered",
        "retry_in": None,
    }
    [delivery], [attempt] = deliveries(), attempts()
    assert (delivery.status, delivery.status_code, delivery.due_at) == ("delivered", 200, None)
    assert (attempt.url, attempt.outcome, attempt.duration_ms) == (LOCAL, "succeeded", 12)
    assert attempt.queue_ms is not None
    assert 0 < attempt.queue_ms < 60_000
    assert attempt.response_body == b"thanks \xff"
    assert attempt.received_headers == [("X-Who", "me")]
    assert attempt.sent_headers == taken["headers"]
    row = db.session.get_one(Subscription, computer.id)
    assert (row.health.delivered, row.health.failed) == (1, 0)
    shown = test_mode.get(f"/deliveries/{delivery.id}").get_json()
    assert shown["attempts"][0]["status_code"] == 200
    assert audit(db.engine, 90).ok


def test_engines_and_the_beat_pass_over_it(
    computer: Computer, test_mode: Api, drain: Callable[[], None], app: Flask
) -> None:
    test_mode.event()
    assert not anything_due(db.engine)
    drain()
    assert [one.tries for one in deliveries()] == [0]
    assert len(computer.take()) == 1


def test_it_takes_only_its_own(computer: Computer, test_mode: Api) -> None:
    test_mode.webhook(url="https://receiver.example/a")
    other = Computer(test_mode, event_types=["lead.updated"])
    test_mode.event()
    assert other.take() == []
    [taken] = computer.take()
    assert len(deliveries()) == 2
    foreign = other.report(result(taken)).get_json()
    assert foreign == {"data": []}
    assert attempts() == []


def test_a_failure_is_tried_again_and_counted(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    [taken] = computer.take()
    followed = computer.answer(taken, status_code=500)
    assert followed["status"] == "retrying"
    assert 10 <= followed["retry_in"] <= 11.1
    assert computer.take() == []
    make_due()
    [again] = computer.take()
    assert (again["number"], again["delivery_id"]) == (2, taken["delivery_id"])
    assert again["body"] == taken["body"]
    told = {"status_code": None, "failure": "connect", "error": "Connection refused"}
    assert computer.answer(again, **told)["status"] == "retrying"
    assert [(one.outcome, one.failure, one.error) for one in attempts()] == [
        ("failed", "status", "The endpoint answered 500"),
        ("failed", "connect", "Connection refused"),
    ]
    [delivery] = deliveries()
    assert (delivery.failures, delivery.error) == (2, "Connection refused")


def test_after_its_last_try_it_has_failed_and_nobody_else_is_bothered(
    test_mode: Api,
) -> None:
    computer = Computer(test_mode, retry_policy={"delays": []})
    test_mode.event()
    assert computer.answer(computer.take()[0], status_code=500)["status"] == "failed"
    assert db.session.query(Notification).count() == 0
    assert not db.session.get_one(Subscription, computer.id).failure_mail


def test_retry_after_is_honoured(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    headers = [["retry-after", "40"]]
    followed = computer.answer(computer.take()[0], status_code=503, headers=headers)
    assert 40 <= followed["retry_in"] <= 45


def test_what_a_dead_computer_had_taken_is_taken_again(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    [first] = computer.take()
    assert computer.take() == []
    lease_ends()
    [second] = computer.take()
    assert (second["delivery_id"], second["number"]) == (first["delivery_id"], 2)
    assert computer.answer(second)["status"] == "delivered"
    assert [(one.outcome, one.error) for one in attempts()] == [
        ("lost", "No answer came: the listener stopped before it could report one."),
        ("succeeded", None),
    ]
    late = computer.report(result(first, status_code=500))
    assert late.status_code == 200
    assert [one.status for one in deliveries()] == ["delivered"]
    assert [(one.outcome, one.status_code) for one in attempts()] == [
        ("lost", 500),
        ("succeeded", 204),
    ]
    assert audit(db.engine, 90).ok


def test_it_is_leased_for_two_requests_and_the_way(test_mode: Api) -> None:
    """Each may wait for another one on the computer."""
    computer = Computer(test_mode, timeout=20, event_types=["lead.*"])
    test_mode.event()
    before = utcnow()
    computer.take()
    after = utcnow()
    [leased] = queue_rows()
    assert leased.leased_until is not None
    lease, about = timedelta(seconds=2 * 20 + 15), timedelta(seconds=1)
    assert before + lease - about <= leased.leased_until <= after + lease + about


def test_a_repeated_report_changes_nothing(computer: Computer, test_mode: Api) -> None:
    for _ in range(3):
        test_mode.event()
    taken = computer.take()
    reported = [result(one) for one in taken]
    first = computer.report(*reported).get_json()
    before = [(one.outcome, one.status_code, one.started_at) for one in attempts()]
    again = computer.report(*reported, *reported).get_json()
    assert [one["status"] for one in first["data"]] == ["delivered"] * 3
    assert {one["status"] for one in again["data"]} == {"delivered"}
    assert [(one.outcome, one.status_code, one.started_at) for one in attempts()] == before
    row = db.session.get_one(Subscription, computer.id)
    db.session.refresh(row.health)
    assert row.health.delivered == 3


def test_what_was_never_taken_cannot_be_reported(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    [delivery] = deliveries()
    one = {"delivery_id": delivery.id, "number": 1, "timestamp": 1}
    assert computer.report(result(one)).get_json() == {"data": []}
    [taken] = computer.take()
    assert computer.report(result(taken, number=2) | {"number": 2}).get_json() == {"data": []}
    assert attempts() == []


def test_a_repeat_starts_no_second_one(test_mode: Api) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = (
        test_mode("POST", "/listeners", json={"url": LOCAL}, headers=headers) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert db.session.query(Listener).count() == 1


def test_the_same_computer_takes_up_what_waits(test_mode: Api) -> None:
    first = Computer(test_mode, key="ada-3000", event_types=["lead.captured"])
    test_mode.event()
    test_mode.event()
    [taken] = first.take(limit=1)
    second = Computer(test_mode, key="ada-3000", event_types=["lead.captured"], name="Ada's")
    assert (second.started.status_code, second.id) == (200, first.id)
    assert second.shown["secret"] == first.shown["secret"]
    assert {one["number"] for one in second.take()} == {1, 2}
    assert kind(first.visit()) == "conflict"
    assert kind(first.report(result(taken))) == "conflict"
    assert [one.outcome for one in attempts()] == ["lost"]
    assert db.session.query(Subscription).where(Subscription.is_listener).count() == 1


def test_started_twice_at_once_it_is_one(test_mode: Api, app: Flask) -> None:
    def start(_: int) -> TestResponse:
        own = Api(app.test_client(), test_mode.token)
        return own.post("/listeners", {"url": LOCAL, "key": "ada"})

    with ThreadPoolExecutor(4) as pool:
        statuses = [one.status_code for one in pool.map(start, range(4))]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}
    db.session.rollback()
    assert db.session.query(Listener).count() == 1
    assert db.session.query(Subscription).count() == 1


def test_it_takes_up_with_the_new_settings(test_mode: Api) -> None:
    Computer(test_mode, key="ada", event_types=["lead.captured"])
    wanted = {"event_types": ["task.created"], "wire_format": "github", "url": LOCAL + "/new"}
    again = Computer(test_mode, key="ada", secret="my-own-secret-long-enough", **wanted)
    assert again.shown["secret"] == "my-own-secret-long-enough"
    test_mode.event()
    test_mode.post("/events", {"type": "task.created", "data": {}})
    [taken] = again.take()
    assert (taken["event_type"], taken["url"]) == ("task.created", LOCAL + "/new")
    assert taken["headers"]["X-Hub-Signature-256"] == signed("my-own-secret-long-enough", taken)


def test_a_new_one_signs_with_the_secret_that_was_given(test_mode: Api) -> None:
    own = "my-own-secret-long-enough"
    computer = Computer(test_mode, secret=own, wire_format="github", event_types=["lead.*"])
    assert computer.shown["secret"] == own
    test_mode.event()
    [taken] = computer.take()
    assert taken["headers"]["X-Hub-Signature-256"] == signed(own, taken)


def signed(secret: str, taken: dict[str, Any]) -> str:
    return "sha256=" + hmac.new(secret.encode(), taken["body"].encode(), "sha256").hexdigest()


def test_it_has_its_time_from_the_start(test_mode: Api) -> None:
    Computer(test_mode, keep_for=600)
    listener = db.session.query(Listener).one()
    left = (listener.alive_until - utcnow()).total_seconds()
    assert 500 < left <= 600
    entry = db.session.query(AuditEntry).one()
    assert (entry.action, entry.detail) == ("listener.started", {"url": LOCAL})


def test_they_are_listed_the_newest_first(test_mode: Api) -> None:
    ids = [Computer(test_mode).id for _ in range(3)]
    listed = test_mode.get("/listeners").get_json()["data"]
    assert [one["id"] for one in listed] == ids[::-1]


def test_after_a_lost_answer_the_rest_is_due_at_once(computer: Computer, test_mode: Api) -> None:
    for _ in range(3):
        test_mode.event()
    arrived, *lost = computer.take()
    again = computer.take(in_hand=[arrived["delivery_id"]])
    assert {one["delivery_id"] for one in again} == {one["delivery_id"] for one in lost}
    assert computer.answer(arrived)["status"] == "delivered"


def test_after_a_lost_answer_a_retry_keeps_its_time(computer: Computer, test_mode: Api) -> None:
    for _ in range(2):
        test_mode.event()
    failed, lost = computer.take()
    computer.answer(failed, status_code=500)
    assert [one["delivery_id"] for one in computer.take(in_hand=[])] == [lost["delivery_id"]]


def test_stopping_it_cancels_what_is_left(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    test_mode.event()
    computer.take(limit=1)
    assert computer.api("DELETE", f"/listeners/{computer.id}").status_code == 204
    assert [(one.status, one.error) for one in deliveries()] == [
        ("cancelled", "Cancelled: the listener was stopped.")
    ] * 2
    assert [one.outcome for one in attempts()] == ["lost"]
    test_mode.event()
    assert len(deliveries()) == 2
    assert computer.visit().status_code == 404
    assert test_mode.get("/listeners").get_json()["data"] == []
    assert test_mode.get(f"/deliveries/{deliveries()[0].id}").status_code == 200
    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["listener.started", "listener.ended"]
    assert audit(db.engine, 90).ok


def test_one_that_stays_away_ends(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    upkeep.end_left_listeners()
    upkeep.end_left_listeners()
    assert [one.status for one in deliveries()] == ["pending"]
    db.session.execute(update(Listener).values(alive_until=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    upkeep.end_left_listeners()
    [delivery] = deliveries()
    assert delivery.error == "Cancelled: the computer of the listener was away for too long."
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.actor_kind) == ("listener.ended", "system")
    assert computer.visit().status_code == 404


def end_lease(by: float = 1) -> None:
    db.session.execute(update(Listener).values(alive_until=utcnow() - timedelta(seconds=by)))
    db.session.commit()


def test_one_that_came_meanwhile_is_not_ended(
    computer: Computer, test_mode: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at again in the transaction that ends it."""
    computers = [computer, *(Computer(test_mode) for _ in range(2))]
    end_lease()
    ended, end_one = [], ending._end

    def end_and_let_others_come(session: Any, listener_id: str, *more: Any) -> None:
        end_one(session, listener_id, *more)
        if not ended:
            db.session.execute(update(Listener).values(alive_until=utcnow() + timedelta(minutes=1)))
            db.session.commit()
        ended.append(listener_id)

    monkeypatch.setattr(ending, "_end", end_and_let_others_come)
    ending.end_left(db.session(), utcnow())
    assert sorted(ended) == sorted(one.id for one in computers)
    assert [one.visit().status_code for one in computers if one.id == ended[0]] == [404]
    assert [one.visit().status_code for one in computers if one.id != ended[0]] == [200, 200]


@pytest.mark.parametrize("away", [timedelta(hours=3), None])
def test_after_an_outage_each_computer_has_its_time_to_come_back(
    test_mode: Api, away: timedelta | None
) -> None:
    computers = [Computer(test_mode, keep_for=keep_for) for keep_for in (60, 3600)]
    upkeep.end_left_listeners()
    end_lease()
    forget = delete(PeriodicRun) if away is None else None
    long_ago = update(PeriodicRun).values(last_run_at=utcnow() - (away or timedelta()))
    db.session.execute(long_ago if forget is None else forget)
    db.session.commit()
    upkeep.end_left_listeners()
    upkeep.end_left_listeners()
    left = db.session.scalars(select(Listener).order_by(Listener.keep_for)).all()
    times = [(one.alive_until - utcnow()).total_seconds() for one in left]
    assert times[0] <= 60 < times[1] <= 3600
    db.session.rollback()
    assert [one.visit().status_code for one in computers] == [200, 200]
    end_lease()
    upkeep.end_left_listeners()
    assert [one.visit().status_code for one in computers] == [404, 404]


@pytest.mark.parametrize("path", ["/webhooks/{}", "/listeners/{}"])
def test_one_that_was_deleted_can_be_started_again_at_once(test_mode: Api, path: str) -> None:
    first = Computer(test_mode, key="ada")
    test_mode.event()
    assert len(first.take()) == 1
    assert test_mode("DELETE", path.format(first.id)).status_code == 204
    second = Computer(test_mode, key="ada")
    assert second.started.status_code == 201
    assert second.id != first.id
    assert [one.status for one in deliveries()] == ["cancelled"]
    assert [one.outcome for one in attempts()] == ["lost"]
    assert first.visit().status_code == 404
    assert [one["id"] for one in test_mode.get("/listeners").get_json()["data"]] == [second.id]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
@pytest.mark.parametrize("what", ["changed", "ended"])
def test_one_that_changes_while_it_is_taken_up_says_so(
    test_mode: Api, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    Computer(test_mode, key="ada")
    readable = starting.secrets.readable_secret

    def meanwhile(row: Subscription, vault: Any) -> str | None:
        changed = update(Subscription).where(Subscription.id == row.id)
        with db.engine.begin() as connection:
            if what == "changed":
                connection.execute(changed.values(revision=Subscription.revision + 1))
            else:
                connection.execute(delete(Listener))
        return readable(row, vault)

    monkeypatch.setattr(starting.secrets, "readable_secret", meanwhile)
    again = test_mode.post("/listeners", {"url": f"{LOCAL}/new", "key": "ada"})
    assert kind(again) == "conflict", again.text


def test_waiting_regards_the_rate_limit(test_mode: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each visit comes back at once with nothing, and again, and again."""
    computer = Computer(test_mode)
    assert (
        test_mode("PATCH", f"/webhooks/{computer.id}", json={"rate_limit": 0.1}).status_code == 200
    )
    for _ in range(3):
        test_mode.event()
    assert len(computer.take()) == 1
    looks = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        free = update(SendAllowance).values(next_free_at=utcnow() - timedelta(seconds=5))
        with db.engine.begin() as connection:
            connection.execute(free)

    monkeypatch.setattr(visits, "sleep", look)
    assert len(computer.take(wait=20)) == 1
    assert len(looks) == 1


def test_waiting_ends_for_what_is_due_to_it_alone(
    computer: Computer, test_mode: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for what is due to another webhook, nor for its own retry, which is due later."""
    test_mode.webhook(url="https://receiver.example/a")
    test_mode.event()
    computer.answer(computer.take()[0], status_code=500)
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        with db.engine.begin() as connection:
            connection.execute(update(Queued).values(due_at=utcnow()))

    monkeypatch.setattr(visits, "sleep", look)
    assert [one["number"] for one in computer.take(wait=20)] == [2]
    assert len(looks) == 1


@pytest.mark.parametrize("what", ["paused", "taken over", "deleted"])
def test_waiting_regards_a_pause_and_a_newer_session(
    computer: Computer, test_mode: Api, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    looks: list[float] = []
    if what == "paused":
        test_mode.event()
        test_mode.post(f"/webhooks/{computer.id}/pause")
        then = update(Subscription).values(paused_at=None)
    elif what == "deleted":
        then = update(Subscription).values(deleted_at=utcnow())
    else:
        then = update(Listener).values(session_id="lss_newer")

    def look(seconds: float) -> None:
        looks.append(seconds)
        with db.engine.begin() as connection:
            connection.execute(then)

    monkeypatch.setattr(visits, "sleep", look)
    visit = computer.visit(wait=20)
    assert len(looks) == 1
    if what == "paused":
        assert len(visit.get_json()["data"]) == 1
    else:
        assert kind(visit) == ("conflict" if what == "taken over" else "listener-ended")


def test_what_was_taken_is_reported_after_it_was_switched_off(
    computer: Computer, test_mode: Api
) -> None:
    for _ in range(2):
        test_mode.event()
    good, bad = computer.take()
    test_mode("PATCH", f"/webhooks/{computer.id}", json={"enabled": False})
    assert computer.visit().status_code == 410
    assert computer.answer(good)["status"] == "delivered"
    followed = computer.answer(bad, status_code=500)
    assert (followed["status"], followed["retry_in"]) == ("cancelled", None)
    assert sorted(one.status for one in deliveries()) == ["cancelled", "delivered"]
    assert {one.outcome for one in attempts()} == {"succeeded", "failed"}


def test_a_late_report_is_answered_with_what_is_stored_and_not_counted(
    computer: Computer, test_mode: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(results, "count", lambda batch, **_: counted.append(len(batch)))
    test_mode.event()
    [first] = computer.take()
    lease_ends()
    [second] = computer.take()
    late = computer.answer(first, status_code=500)
    assert (late["status"], late["retry_in"]) == ("sending", None)
    assert computer.answer(second)["status"] == "delivered"
    assert computer.answer(second, status_code=500)["status"] == "delivered"
    assert computer.answer(first, status_code=410)["status"] == "delivered"
    assert counted == [0, 1, 0, 0]


def test_a_visit_renews_its_lease(computer: Computer, test_mode: Api) -> None:
    before = utcnow()
    soon = before + timedelta(seconds=200)
    db.session.execute(update(Listener).values(alive_until=soon))
    db.session.commit()
    computer.take()
    db.session.rollback()
    assert db.session.query(Listener).one().alive_until >= before + timedelta(seconds=300)


def test_what_happens_to_one_happens_to_no_other(test_mode: Api) -> None:
    def others() -> tuple[object, ...]:
        db.session.rollback()
        listener = db.session.get_one(Listener, other.id)
        [sending] = db.session.query(Delivery).filter_by(subscription_id=other.id)
        [leased] = db.session.query(Queued).filter_by(subscription_id=other.id)
        return listener.alive_until, sending.status, leased.leased_until, sending.tries

    one, other = (Computer(test_mode, key=key, event_types=["lead.*"]) for key in "ab")
    test_mode.event()
    for each in (one, other):
        assert len(each.take()) == 1
    soon = utcnow() + timedelta(seconds=200)
    db.session.execute(update(Listener).values(alive_until=soon))
    db.session.commit()
    before = others()
    one.take(in_hand=[])
    Computer(test_mode, key="a", event_types=["lead.*"])
    assert others() == before
    test_mode("DELETE", f"/listeners/{one.id}")
    assert others() == before
    assert [row.status for row in deliveries() if row.subscription_id == one.id] == ["cancelled"]


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("DELETE", "/webhooks/{}", None, "deleted"),
        ("PATCH", "/webhooks/{}", {"enabled": False}, "switched"),
    ],
)
def test_someone_else_can_stop_it(
    computer: Computer, test_mode: Api, method: str, path: str, body: object, said: str
) -> None:
    test_mode(method, path.format(computer.id), **({"json": body} if body else {}))
    for visit in (computer.visit(), computer.visit(wait=20)):
        assert (visit.status_code, kind(visit)) == (410, "listener-ended")
        assert said in visit.get_json()["detail"]


def test_an_answer_of_410_ends_it(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    computer.answer(computer.take()[0], status_code=410)
    visit = computer.visit()
    assert visit.status_code == 410
    assert "410 Gone" in visit.get_json()["detail"]


def test_while_it_is_paused_everything_waits(computer: Computer, test_mode: Api) -> None:
    test_mode.event()
    test_mode.post(f"/webhooks/{computer.id}/pause")
    assert computer.take() == []
    test_mode.post(f"/webhooks/{computer.id}/resume")
    assert len(computer.take()) == 1


def test_a_test_from_the_dashboard_arrives(computer: Computer, test_mode: Api) -> None:
    test_mode.post(f"/webhooks/{computer.id}/test")
    [taken] = computer.take()
    assert computer.answer(taken)["status"] == "delivered"


def test_a_visit_waits_for_the_next_one(computer: Computer, test_mode: Api, app: Flask) -> None:
    own = Api(app.test_client(), test_mode.token)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(
            lambda: own.post(
                f"/listeners/{computer.id}/deliveries", {"session": computer.session, "wait": 20}
            )
        )
        test_mode.event()
        assert len(waiting.result(PATIENCE).get_json()["data"]) == 1


def test_a_visit_without_room_to_wait_comes_back_at_once(
    computer: Computer, test_mode: Api, app: Flask
) -> None:
    listening, places = parts_of(app).listening, []
    for _ in range(listening.share):
        place = listening.place(test_mode.get("/whoami").get_json()["organisation"]["id"])
        assert place.__enter__()
        places.append(place)
    try:
        visit = computer.visit(wait=20)
    finally:
        for place in places:
            place.__exit__(None, None, None)
    assert (visit.get_json()["data"], visit.headers["Retry-After"]) == ([], "1")


def test_listeners_that_wait_leave_room_for_other_waits(
    computer: Computer, test_mode: Api, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation_id = test_mode.get("/whoami").get_json()["organisation"]["id"]
    room = parts_of(app).listening
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        with parts_of(app).delays.place(organisation_id) as has_room:
            assert has_room
        assert room._taken[organisation_id] == 1
        with db.engine.begin() as connection:
            connection.execute(update(Subscription).values(enabled=False))

    monkeypatch.setattr(visits, "sleep", look)
    monkeypatch.setattr(parts_of(app).delays, "share", 1)
    assert computer.visit(wait=20).status_code == 410
    assert len(looks) == 1


def test_only_the_key_that_started_it_may_come(
    computer: Computer, outsider: Api, client: FlaskClient, organisation: Organisation
) -> None:
    sibling = Api(client, factories.api_key(organisation, mode="test"))
    for other in (sibling, outsider):
        for method, path, body in (
            ("GET", "", None),
            ("DELETE", "", None),
            ("POST", "/deliveries", {"session": computer.session}),
            (
                "POST",
                "/results",
                {
                    "session": computer.session,
                    "results": [
                        {"delivery_id": "msg_1", "number": 1, "timestamp": 1, "duration_ms": 1}
                    ],
                },
            ),
        ):
            given = {"json": body} if body else {}
            assert other(method, f"/listeners/{computer.id}{path}", **given).status_code == 404
    assert [one["id"] for one in sibling.get("/listeners").get_json()["data"]] == [computer.id]
    assert outsider.get("/listeners").get_json()["data"] == []


def test_the_key_of_a_computer_counts_for_one_api_key(
    test_mode: Api, client: FlaskClient, organisation: Organisation
) -> None:
    """Nobody takes up a listener of somebody else, whose secret they would see, nor ends it."""
    sibling = Api(client, factories.api_key(organisation, mode="test"))
    first, second = Computer(test_mode, key="ada"), Computer(sibling, key="ada")
    assert (second.started.status_code, second.id == first.id) == (201, False)
    assert first.visit().status_code == 200
    test_mode("DELETE", f"/webhooks/{first.id}")
    assert Computer(sibling, key="ada").id == second.id
    assert Computer(test_mode, key="bob").id != first.id
    undo.bring_back(db.session(), db.session.get_one(Subscription, first.id), "me")
    assert first.visit().status_code == 200


def test_it_needs_its_scope(client: FlaskClient, organisation: Organisation) -> None:
    key = factories.api_key(organisation, scopes=["webhooks:write", "deliveries:read"])
    assert kind(Api(client, key).post("/listeners", {"url": LOCAL})) == "insufficient-scope"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "#/url"),
        ({"url": "localhost:3000"}, "#/url"),
        ({"url": LOCAL, "event_types": ["lead.caught"]}, "#/event_types/0"),
        ({"url": LOCAL, "keep_for": 1}, "#/keep_for"),
        (
            {"url": LOCAL, "conditions": [{"field": "a", "operator": "is"}]},
            "#/conditions/0/operator",
        ),
        ({"url": LOCAL, "headers": {"X-A": "b"}}, "#/headers"),
        ({"url": LOCAL, "name": " "}, "#/name"),
        ({"url": LOCAL, "wire_format": "none such"}, "#/wire_format"),
        ({"url": LOCAL, "secret": ""}, "#/secret"),
    ],
)
def test_what_cannot_be_is_said(api: Api, body: dict[str, object], at: str) -> None:
    response = api.post("/listeners", body)
    assert response.status_code == 422, response.text
    assert list(faults(response)) == [at]
    assert db.session.query(Subscription).count() == 0


def test_there_are_so_many(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "MOST", 2)
    assert [api.post("/listeners", {"url": LOCAL}).status_code for _ in range(3)] == [
        201,
        201,
        409,
    ]


def test_only_those_that_are_there_count(
    api: Api, outsider: Api, test_mode: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "MOST", 1)
    api.webhook()
    first = [Computer(one) for one in (outsider, test_mode, api)]
    assert api.post("/listeners", {"url": LOCAL}).status_code == 409
    for path in ("/listeners/{}", "/webhooks/{}"):
        assert api("DELETE", path.format(first[-1].id)).status_code == 204
        first.append(Computer(api))


def test_it_is_no_webhook_of_the_plan(api: Api, organisation: Organisation) -> None:
    api.post("/listeners", {"url": LOCAL})
    assert plans._used(db.session(), organisation.id, "webhooks") == 0


def test_a_deleted_one_is_brought_back_while_its_lease_lasts(api: Api) -> None:
    computer = Computer(api)
    api("DELETE", f"/webhooks/{computer.id}")
    Computer(api)  # another one, without a key of its own
    row = db.session.get_one(Subscription, computer.id)
    undo.bring_back(db.session(), row, "me")
    assert computer.take() == []
    api("DELETE", f"/webhooks/{computer.id}")
    upkeep.end_left_listeners()
    db.session.execute(update(Listener).values(alive_until=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    upkeep.end_left_listeners()
    db.session.refresh(row)
    with pytest.raises(Conflict, match="hookline listen"):
        undo.bring_back(db.session(), row, "me")


def test_a_deleted_one_is_started_again_at_once(api: Api) -> None:
    first = Computer(api, key="ada")
    api("DELETE", f"/webhooks/{first.id}")
    second = Computer(api, key="ada")
    assert (second.started.status_code, second.id == first.id) == (201, False)
    api.event()
    assert len(second.take()) == 1


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()
