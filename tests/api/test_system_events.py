"""Webhooks about webhooks: in the same transaction, only where somebody asks, never in a loop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, faults, forget_pings, kind
from tests.support.receiver import Answer, Receiver
from webhooks_app.catalogue.operational import NAMES
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.engine import switching_off
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import (
    AuditEntry,
    CustomEventType,
    Delivery,
    Event,
    Mail,
    Organisation,
    Subscription,
)
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.organisations import audit_log
from webhooks_app.organisations.audit_log import Target
from webhooks_app.people import key_expiry
from webhooks_app.subscriptions import secret_expiry

Drain = Callable[[], None]
YEAR = timedelta(days=365)
OFF = "https://nowhere.example/hook"


def listener(organisation: Organisation, *names: str, **more: Any) -> Subscription:
    url = more.pop("url", OFF)
    return factories.webhook(organisation, url, event_types=list(names), **more)


def told(name: str | None = None) -> list[dict[str, Any]]:
    """The data of the system events so far, oldest first."""
    db.session.rollback()
    query = select(Event).where(Event.type.in_(NAMES)).order_by(Event.id)
    rows = db.session.scalars(query).all()
    data = [orjson.loads(row.data) for row in rows if name in (None, row.type)]
    db.session.rollback()  # so that a job can write
    return data


def types() -> list[str]:
    db.session.rollback()
    query = select(Event.type).where(Event.type.in_(NAMES)).order_by(Event.id)
    return list(db.session.scalars(query))


def test_the_life_of_a_webhook_is_told(api: Api, organisation: Organisation) -> None:
    listener(organisation, *sorted(NAMES))
    webhook = api.webhook(name="CRM")
    path = f"/webhooks/{webhook['id']}"
    api.patch(path, {"name": "New CRM", "enabled": False})
    api.patch(path, {"enabled": True})
    api.post(f"{path}/rotate-secret")
    api("DELETE", path)
    assert types() == [
        "subscription.created",
        "subscription.updated",
        "subscription.disabled",
        "subscription.enabled",
        "secret.rotated",
        "subscription.deleted",
    ]
    first, changed = told("subscription.created")[0], told("subscription.updated")[0]
    assert first == {
        "id": webhook["id"],
        "kind": "webhook",
        "name": "CRM",
        "actor": {"kind": "api_key", "name": "test"},
    }
    assert "name" in changed["changed"]
    assert told("subscription.disabled")[0]["reason"] is None
    assert told("secret.rotated")[0]["previous_expires_at"].endswith("Z")


def test_pauses_and_an_end_of_a_key_are_told(api: Api, organisation: Organisation) -> None:
    listener(organisation, *sorted(NAMES))
    path = f"/webhooks/{api.webhook()['id']}"
    api.post(f"{path}/pause", {"until": "2099-01-01T00:00:00Z"})
    api.post(f"{path}/resume", {"rate": 5})
    paused, resumed = told("subscription.paused")[0], told("subscription.resumed")[0]
    assert (paused["until"], resumed["rate"]) == ("2099-01-01T00:00:00.000Z", 5.0)
    ends = utcnow() + timedelta(hours=1)
    factories.api_key(organisation, id="key_1", created_at=utcnow() - YEAR, expires_at=ends)
    assert key_expiry.warn(db.session(), utcnow()) == 1
    assert told("api_key.expiring") == [
        {"id": "key_1", "name": "test", "expires_at": rfc3339(ends)}
    ]


def test_the_end_of_a_previous_secret_is_announced_once(
    api: Api, organisation: Organisation
) -> None:
    listener(organisation, "secret.expiring")
    path = f"/webhooks/{api.webhook()['id']}"
    api.post(f"{path}/rotate-secret")
    upkeep.announce_ending_secrets()
    assert told() == []
    for number in range(1, 3):
        rotated = api.post(f"{path}/rotate-secret", {"overlap_hours": 1}).get_json()
        for _ in range(2):
            db.session.rollback()
            upkeep.announce_ending_secrets()
        assert len(told()) == number
        assert told()[-1]["previous_expires_at"] == rotated["previous_secret_expires_at"]
    secret_expiry.announce(db.engine, utcnow() + timedelta(hours=2))
    assert len(told()) == 2
    assert any(job.job.endswith("announce_ending_secrets") for job in PERIODIC)


@pytest.mark.parametrize("how", ["switched off", "deleted", "too late", "nobody listens"])
def test_the_end_of_a_secret_that_signs_nothing_is_not_announced(
    api: Api, organisation: Organisation, how: str
) -> None:
    if how != "nobody listens":
        listener(organisation, "secret.expiring")
    path = f"/webhooks/{api.webhook()['id']}"
    api.post(f"{path}/rotate-secret", {"overlap_hours": 1})
    if how == "switched off":
        api.patch(path, {"enabled": False})
    elif how == "deleted":
        api("DELETE", path)
    late = timedelta(hours=2) if how == "too late" else timedelta(0)
    db.session.rollback()
    secret_expiry.announce(db.engine, utcnow() + late)
    assert told("secret.expiring") == []


def test_an_edit_decides_who_listens(api: Api, organisation: Organisation) -> None:
    path = f"/webhooks/{api.webhook()['id']}"
    api.patch(path, {"event_types": ["lead.captured", "subscription.created"]})
    api.webhook()
    assert len(told("subscription.created")) == 1
    api.patch(path, {"event_types": ["lead.captured"]})
    api.webhook()
    assert len(told("subscription.created")) == 1


@pytest.mark.parametrize(("asked", "hears"), [("subscription.*", True), ("*", False)])
def test_a_pattern_hears_what_it_names_and_everything_is_what_is_reported(
    api: Api, asked: str, hears: bool
) -> None:
    api.webhook(event_types=[asked])
    api.webhook()
    assert len(told("subscription.created")) == hears


def test_an_action_mails_it(api: Api, organisation: Organisation, drain: Drain) -> None:
    factories.action(
        organisation,
        "",
        channel="email",
        email_to=["ops@example.com"],
        event_types=["subscription.created"],
    )
    api.webhook(name="New CRM", enabled=False)
    drain()
    db.session.rollback()
    [mail] = db.session.scalars(select(Mail)).all()
    assert (mail.recipient, "New CRM" in mail.text) == ("ops@example.com", True)


def test_keys_are_told_without_their_tokens(api: Api, organisation: Organisation) -> None:
    listener(organisation, "api_key.created", "api_key.rotated", "api_key.revoked")
    made = api.post("/api-keys", {"name": "Import", "scopes": ["events:write"]}).get_json()
    new = api.post(f"/api-keys/{made['id']}/rotate", {"overlap_hours": 1}).get_json()
    api("DELETE", f"/api-keys/{new['id']}")
    created, rotated, revoked = told()
    assert created["scopes"] == ["events:write"]
    assert (rotated["id"], rotated["replaced_by"], rotated["overlap_hours"]) == (
        made["id"],
        new["id"],
        1,
    )
    assert revoked["id"] == new["id"]
    for token in (made["token"], new["token"]):
        assert token not in str(told())


def test_it_is_signed_and_delivered_as_any_event(
    api: Api, organisation: Organisation, receiver: Receiver, drain: Drain
) -> None:
    listener(organisation, "subscription.created", url=receiver.url, wire_format="github")
    api.webhook(enabled=False)
    drain()
    [request] = receiver.received
    assert request.headers["x-github-event"] == "subscription.created"
    assert orjson.loads(request.body)["data"]["name"] == "CRM"


@pytest.mark.parametrize("name", ["CRM", "Other"])
def test_conditions_decide(api: Api, organisation: Organisation, name: str) -> None:
    condition = {"field": "data.name", "operator": "equals", "value": "CRM"}
    listener(organisation, "subscription.created", conditions=[condition])
    api.webhook(name=name)
    assert len(told()) == (name == "CRM")


def test_a_failed_delivery_is_told_but_not_one_of_such_an_event(
    api: Api, organisation: Organisation, receiver: Receiver, drain: Drain
) -> None:
    receiver.answer = lambda _: Answer(500)
    broken = factories.webhook(organisation, receiver.url, retry_policy={"delays": []})
    for number in range(2):
        name = ("delivery.failed", "subscription.created")[number]
        listener(organisation, name, url=receiver.url, retry_policy={"delays": []})
    api.event()
    api.webhook(enabled=False)
    for _ in range(3):
        drain()
    [failed] = told("delivery.failed")
    assert failed["subscription"] == {"id": broken.id, "kind": "webhook", "name": broken.name}
    assert (failed["event"]["type"], failed["status_code"]) == ("lead.captured", 500)
    assert failed["tries"] == 1
    states = db.session.scalars(select(Delivery.status)).all()
    assert states == ["failed"] * 3


def test_a_webhook_that_answers_410_is_told_to_others_only(
    api: Api, organisation: Organisation, receiver: Receiver, drain: Drain
) -> None:
    receiver.answer = lambda _: Answer(410)
    gone = listener(organisation, "lead.captured", "subscription.disabled", url=receiver.url)
    other = listener(organisation, "subscription.disabled")
    api.event()
    drain()
    [disabled] = told("subscription.disabled")
    assert (disabled["id"], disabled["actor"]["kind"]) == (gone.id, "system")
    assert disabled["reason"] == switching_off.GONE_REASON
    row = db.session.scalar(select(Event).where(Event.type == "subscription.disabled"))
    assert row is not None
    sent = select(Delivery.subscription_id).where(Delivery.event_id == row.id)
    assert db.session.scalars(sent).all() == [other.id]


def test_the_end_of_a_replay_is_told_once(api: Api, organisation: Organisation) -> None:
    listener(organisation, "replay.finished")
    tenant = factories.tenant(organisation)
    done = replays.start(db.session(), tenant, "ada", Filters())
    while replays.work(db.session(), done.id):
        pass
    stopped = replays.start(db.session(), tenant, "bob", Filters(text="x"))
    replays.cancel(db.session(), stopped)
    replays.cancel(db.session(), stopped)
    assert [(one["id"], one["status"], one["requested_by"]) for one in told()] == [
        (done.id, "finished", "ada"),
        (stopped.id, "cancelled", "bob"),
    ]


@pytest.mark.parametrize("commits", [True, False])
def test_it_is_told_if_and_only_if_it_happened(
    app: Flask, organisation: Organisation, commits: bool
) -> None:
    """Both are one transaction."""
    listener(organisation, "subscription.created")
    row = factories.webhook(organisation, OFF)
    audit_log.record(db.session(), "webhook.created", Target.of(row))
    (db.session.commit if commits else db.session.rollback)()
    assert len(told()) == commits
    assert len(db.session.scalars(select(AuditEntry)).all()) == commits


def test_an_engine_is_asked_for_after_the_commit_and_only_then(
    app: Flask, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[int] = []
    monkeypatch.setattr(audit_log.queue, "nudge", lambda: rings.append(1))
    row = factories.webhook(organisation, OFF)
    for _ in range(2):
        audit_log.record(db.session(), "webhook.updated", Target.of(row), changed=["url"])
        assert rings == []
        db.session.commit()
        assert rings == []
    listener(organisation, "subscription.updated")
    audit_log.record(db.session(), "webhook.updated", Target.of(row), changed=["url"])
    db.session.commit()
    assert len(rings) == 1
    db.session.commit()
    assert len(rings) == 1


def test_nobody_asks_nothing_is_written(api: Api, organisation: Organisation) -> None:
    listener(organisation, "subscription.created", mode="test")
    listener(organisation, "subscription.created", enabled=False, disabled_by="ada")
    listener(organisation, "subscription.created", deleted_at=utcnow())
    listener(factories.organisation("Others"), "subscription.created")
    api.webhook()
    assert told() == []


def test_what_hookline_switched_off_gets_later_what_it_missed(
    api: Api, organisation: Organisation
) -> None:
    """The event is kept, so that a recovery finds it."""
    listener(
        organisation, "subscription.created", enabled=False, disabled_reason="It failed for days."
    )
    api.webhook()
    assert len(told()) == 1
    forget_pings()
    assert db.session.scalars(select(Delivery.id)).all() == []


def test_the_names_are_reserved(api: Api) -> None:
    for name in sorted(NAMES):
        refused = api.event(type=name)
        assert (refused.status_code, list(faults(refused))) == (422, ["#/type"])
        taken = api.post("/event-types", {"name": name, "sample": {}})
        assert list(faults(taken)) == ["#/name"]
    assert api.webhook(event_types=sorted(NAMES))["event_types"] == sorted(NAMES)


def test_names_like_them_are_reserved_too(api: Api) -> None:
    for name in ("subscription.renewed", "delivery.arrived", "secret.leaked"):
        assert list(faults(api.post("/event-types", {"name": name, "sample": {}}))) == ["#/name"]


def test_a_type_that_was_registered_before_stays_its_owners(
    app: Flask, api: Api, organisation: Organisation
) -> None:
    db.session.add(
        CustomEventType(
            organisation_id=organisation.id,
            name="subscription.created",
            title="Subscribed",
            description="",
            group="Ours",
            sample="{}",
            created_at=utcnow(),
            updated_at=utcnow(),
        )
    )
    db.session.commit()
    listener(organisation, "subscription.created", "subscription.deleted")
    webhook = api.webhook()
    assert told() == []
    assert api.event(type="subscription.created").status_code == 202
    api("DELETE", f"/webhooks/{webhook['id']}")
    assert types() == ["subscription.created", "subscription.deleted"]
    assert kind(api.event(type="subscription.deleted")) == "invalid-request"
