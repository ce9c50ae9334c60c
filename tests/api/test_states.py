"""Switching webhooks and actions on and off by API, and recovering what they missed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, faults, kind
from tests.support.open_deliveries import arrange
from tests.support.receiver import Answer, Receiver
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import AuditEntry, Delivery, Organisation, Subscription

VERBS = ("disable", "enable", "pause", "resume")


@pytest.fixture(params=["webhook", "action"])
def row(request: pytest.FixtureRequest, organisation: Organisation, receiver: Receiver) -> Any:
    row: Subscription = getattr(factories, request.param)(
        organisation, receiver.url, retry_policy={"delays": []}
    )
    db.session.refresh(row)
    db.session.expunge(row)
    return row


@pytest.fixture
def path(row: Subscription) -> str:
    return f"/{row.kind}s/{row.id}"


def deliveries() -> list[tuple[str, str, str | None]]:
    db.session.rollback()
    found = db.session.scalars(select(Delivery).order_by(Delivery.id))
    return [(one.trigger, one.status, one.error) for one in found]


def actions_logged() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_switching_off_cancels_what_waits_and_switching_on_sends_again(
    api: Api, row: Subscription, path: str
) -> None:
    assert api.event().get_json()["deliveries"] == 1
    for _ in range(2):
        off = api.post(f"{path}/disable")
        assert (off.status_code, off.get_json()["enabled"]) == (200, False)
    [(_, status, error)] = deliveries()
    assert (status, error) == ("cancelled", f"Cancelled: the {row.kind} was switched off by test.")
    assert api.event().get_json()["deliveries"] == 0
    for _ in range(2):
        on = api.post(f"{path}/enable")
        assert (on.status_code, on.get_json()["enabled"]) == (200, True)
    assert api.event().get_json()["deliveries"] == 1
    assert actions_logged() == [f"{row.kind}.disabled", f"{row.kind}.enabled"]


def test_recover_sends_what_never_arrived_since_then(
    api: Api, path: str, row: Subscription, receiver: Receiver, drain: Callable[[], None]
) -> None:
    receiver.answer = lambda request: Answer(400)
    api.event(data={"name": "Ada"})
    drain()
    with db.engine.begin() as connection:
        disable(connection, [row.id], "It failed for 5 days.")
    api.event(data={"name": "Bob"})
    since = {"since": rfc3339(utcnow() - timedelta(hours=1))}
    refused = api.post(f"{path}/recover", since)
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert "Switch it on first." in refused.get_json()["detail"]
    api.post(f"{path}/enable")
    answer = api.post(f"{path}/recover", since)
    batch = answer.get_json()
    assert (answer.status_code, batch["status"]) == (202, "running")
    assert answer.headers["Location"] == f"/api/v1/replays/{batch['id']}"
    receiver.answer = lambda request: Answer()
    run_batch(batch["id"], utcnow().isoformat())
    drain()
    progress = api.get(f"/replays/{batch['id']}").get_json()
    assert (progress["status"], progress["replayed"], progress["recovered"]) == ("finished", 1, 1)
    assert [(trigger, status) for trigger, status, _ in deliveries()] == [
        ("event", "failed"),
        ("replay", "delivered"),
        ("recovery", "delivered"),
    ]


def test_recover_leaves_alone_what_is_older_and_what_is_of_others(
    api: Api, path: str, organisation: Organisation, drain: Callable[[], None]
) -> None:
    factories.webhook(organisation, "https://others.example", conditions=[])
    api.event()
    arrange(status="failed")
    batch = api.post(f"{path}/recover", {"since": rfc3339(utcnow() + timedelta(hours=1))})
    run_batch(batch.get_json()["id"], utcnow().isoformat())
    assert len(deliveries()) == 2
    batch = api.post(f"{path}/recover", {"since": rfc3339(utcnow() - timedelta(hours=1))})
    run_batch(batch.get_json()["id"], utcnow().isoformat())
    assert [trigger for trigger, _, _ in deliveries()] == ["event", "event", "replay"]


@pytest.mark.parametrize("body", [{}, {"since": "yesterday"}, {"since": "2026-03-02T10:00:00"}])
def test_recover_needs_a_moment(api: Api, path: str, body: dict[str, str]) -> None:
    answer = api.post(f"{path}/recover", body)
    assert answer.status_code == 422
    assert list(faults(answer)) == ["#/since"]


def test_nobody_else_does_it(
    api: Api, outsider: Api, test_mode: Api, organisation: Organisation, path: str
) -> None:
    reader = Api(api.client, factories.api_key(organisation, scopes=["webhooks:read"]))
    body = {"since": rfc3339(utcnow())}
    for verb, sent in (*((verb, None) for verb in VERBS), ("recover", body)):
        for stranger in (outsider, test_mode):
            assert stranger.post(f"{path}/{verb}", sent).status_code == 404
        assert reader.post(f"{path}/{verb}", sent).status_code == 403
    assert api.get(path).get_json()["enabled"]
    other_kind = (
        path.replace("webhooks", "x").replace("actions", "webhooks").replace("x", "actions")
    )
    assert api.post(f"{other_kind}/disable").status_code == 404


def test_what_cannot_be_read_stays_off(api: Api, row: Subscription, path: str) -> None:
    api.post(f"{path}/disable")
    db.session.query(Subscription).filter_by(id=row.id).update({"wire_format": "none"})
    db.session.commit()
    answer = api.post(f"{path}/enable")
    assert (answer.status_code, kind(answer)) == (409, "conflict")
    assert "cannot be read" in answer.get_json()["detail"]


def test_pausing_keeps_deliveries_and_resuming_sends_them(
    api: Api, path: str, receiver: Receiver, drain: Callable[[], None]
) -> None:
    for _ in range(2):
        paused = api.post(f"{path}/pause").get_json()
        assert (paused["paused_at"] is None, paused["paused_until"]) == (False, None)
    assert api.event().get_json()["deliveries"] == 1
    drain()
    [(_, status, _)] = deliveries()
    assert (status, receiver.received) == ("pending", [])
    refused = api.post(f"{path}/test")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    later = rfc3339(utcnow() + timedelta(hours=1))
    assert api.post(f"{path}/pause", {"until": later}).get_json()["paused_until"] == later
    for _ in range(2):
        resumed = api.post(f"{path}/resume", {"rate": 50}).get_json()
        assert (resumed["paused_at"], resumed["paused_until"]) == (None, None)
    drain()
    [(_, status, _)] = deliveries()
    assert (status, len(receiver.received)) == ("delivered", 1)


def test_what_is_switched_off_shows_no_pause(api: Api, path: str) -> None:
    """Its pause is kept for Undo, and nothing can resume it."""
    api.post(f"{path}/pause", {"until": rfc3339(utcnow() + timedelta(hours=1))})
    for step in ("disable", "resume", "enable"):
        shown = api.post(f"{path}/{step}").get_json()
        assert (shown["paused_at"], shown["paused_until"]) == (None, None)
    assert [one for one in db.session.scalars(select(AuditEntry.action)) if "resumed" in one] == []


def test_retry_now_waits_for_the_end_of_a_pause(api: Api, path: str) -> None:
    api.event()
    api.post(f"{path}/pause")
    [one] = api.get("/deliveries").get_json()["data"]
    refused = api.post(f"/deliveries/{one['id']}/retry-now")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert "Resume it first." in refused.get_json()["detail"]


def test_what_is_off_is_not_paused(api: Api, path: str) -> None:
    api.post(f"{path}/disable")
    refused = api.post(f"{path}/pause")
    assert (refused.status_code, kind(refused)) == (409, "conflict")
    assert api.post(f"{path}/resume").get_json()["enabled"] is False


@pytest.mark.parametrize(
    ("verb", "body", "at"),
    [
        ("pause", {"until": "2020-03-02T10:00:00Z"}, "#/until"),
        ("pause", {"until": "tomorrow"}, "#/until"),
        ("pause", {"for": 60}, "#/for"),
        ("resume", {"rate": 0}, "#/rate"),
        ("resume", {"rate": 1001}, "#/rate"),
        ("resume", {"rate": "fast"}, "#/rate"),
    ],
)
def test_what_a_pause_cannot_be(api: Api, path: str, verb: str, body: Any, at: str) -> None:
    if verb == "resume":
        api.post(f"{path}/pause")
    before = api.get(path).get_json()
    answer = api.post(f"{path}/{verb}", body)
    assert (answer.status_code, list(faults(answer))) == (422, [at])
    assert api.get(path).get_json() == before
