"""What is due is decided by the database's clock, so a host whose clock is wrong delays nothing."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import func, select, update

from tests import factories
from tests.mail.test_service import set_smtp
from tests.support.open_deliveries import arrange
from tests.support.servers import RedisServer
from webhooks_app import queue
from webhooks_app.deliveries import log, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.send_again import retry_now, send_again
from webhooks_app.digests import service as digests
from webhooks_app.engine import switching_off, tallies
from webhooks_app.engine.tallies import Try
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.jobs.beat import Beat
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib import times
from webhooks_app.lib.metrics import CLOCK_SKEW
from webhooks_app.lib.times import utcnow
from webhooks_app.listeners import starting, visits
from webhooks_app.mail import service as mail
from webhooks_app.models import (
    Conversation,
    Delivery,
    Listener,
    Mail,
    Organisation,
    Outage,
    PeriodicRun,
    Queued,
    Subscription,
    SubscriptionHealth,
)
from webhooks_app.parts import parts
from webhooks_app.subscriptions import (
    pausing,
    secrets,
    service,
    switching,
    test_delivery,
    undo,
)
from webhooks_app.vocabulary import DeliveryStatus

DAILY = {"frequency": "daily", "hour": 9, "weekday": 0, "time_zone": None, "skip_empty": False}
HALF_AN_HOUR = timedelta(minutes=30)

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Ahead(datetime):
    """A clock that is an hour ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Ahead":
        return super().now(tz) + timedelta(hours=1)


@pytest.fixture
def webhook(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Subscription:
    """From here on, this process is ahead."""
    webhook = factories.webhook(factories.organisation(), "https://a.example")
    db.session.commit()
    monkeypatch.setattr(times, "datetime", Ahead)
    return webhook


@pytest.fixture
def listener(webhook: Subscription) -> Listener:
    webhook.is_listener = True
    found = Listener(
        subscription_id=webhook.id,
        api_key_id="key_1",
        session_id="lss_1",
        keep_for=60,
        alive_until=utcnow(),
    )
    db.session.add(found)
    db.session.commit()
    return found


def in_half_an_hour() -> datetime:
    """By the database's clock."""
    return utcnow() - HALF_AN_HOUR


def all_are_due(count: int) -> None:
    db.session.rollback()
    due = select(func.count()).where(
        Queued.due_at <= func.now(), func.coalesce(Queued.leased_until, func.now()) <= func.now()
    )
    assert db.session.scalar(due) == count == db.session.scalar(select(func.count(Delivery.id)))
    db.session.rollback()


def organisation_of(webhook: Subscription) -> Organisation:
    return db.session.get_one(Organisation, webhook.organisation_id)


def logged(webhook: Subscription, **changed: Any) -> log.Logged:
    """A delivery that has changed so."""
    factories.accepted(organisation_of(webhook))
    arrange(**changed)
    delivery = db.session.scalars(select(Delivery)).one()
    return log.find_delivery(db.session(), factories.tenant(organisation_of(webhook)), delivery.id)


def test_new_deliveries_are_due_at_once(webhook: Subscription) -> None:
    organisation = organisation_of(webhook)
    factories.accepted(organisation)
    factories.accepted(organisation, factories.lead(), factories.lead())
    test_delivery.send_test(db.session(), factories.tenant(organisation), webhook)
    all_are_due(4)


def test_what_is_sent_again_is_due_at_once(webhook: Subscription) -> None:
    later = utcnow() + timedelta(hours=3)
    assert retry_now(db.session(), logged(webhook, status="retrying", due_at=later))
    all_are_due(1)


def test_replays_are_due_at_once(webhook: Subscription) -> None:
    ended = logged(webhook, status="failed")
    send_again(db.session(), ended)
    arrange(status="failed")
    tenant = factories.tenant(organisation_of(webhook))
    batch = replays.start(db.session(), tenant, "owner@example.com", Filters())
    run_batch(batch.id, utcnow().isoformat())
    open_ = Delivery.due_at.is_not(None)
    assert db.session.scalar(select(func.count()).where(open_)) > 0
    assert not db.session.scalar(select(func.count()).where(Delivery.due_at > func.now()))


def test_a_beat_takes_no_turn_of_the_future(
    webhook: Subscription, redis_server: RedisServer
) -> None:
    """Otherwise no other beat would run the job until then."""
    Beat(db.engine, queue.beat_redis(redis_server.url)).tick()
    last = select(PeriodicRun.last_run_at > func.now())
    assert set(db.session.scalars(last)) == {False}


def test_each_beat_measures_how_far_its_host_is_ahead(
    webhook: Subscription, redis_server: RedisServer
) -> None:
    beats = [Beat(db.engine, queue.beat_redis(redis_server.url)) for _ in range(2)]
    for beat in beats:
        CLOCK_SKEW.set(0)
        beat.tick()
        skew = REGISTRY.get_sample_value("hookline_worker_clock_skew_seconds")
        assert skew == pytest.approx(3600, abs=5)


def test_digests_are_due_at_once(webhook: Subscription) -> None:
    factories.action(
        organisation_of(webhook),
        "",
        channel="email",
        event_types=["action.digest"],
        schedule=DAILY,
        digest_since=utcnow() - timedelta(days=3),
    )
    assert digests.send_due(db.engine, utcnow()) == 1
    all_are_due(1)


@pytest.mark.parametrize("is_off", [True, False])
def test_what_is_being_sent_is_lost_only_after_its_lease(
    webhook: Subscription, is_off: bool
) -> None:
    """Otherwise what is sent for a paused webhook would be sent twice."""
    logged(webhook, status="sending", due_at=in_half_an_hour(), tries=1)
    ends: dict[str, object] = {"enabled": False} if is_off else {"paused_at": utcnow()}
    db.session.execute(update(Subscription).values(**ends))
    db.session.commit()
    upkeep.cancel_left_over()
    db.session.rollback()
    assert db.session.scalars(select(Delivery.status)).all() == ["sending"]


def test_the_first_one_of_a_resume_at_a_rate_is_due_at_once(webhook: Subscription) -> None:
    pausing.pause(db.session(), webhook)
    factories.accepted(organisation_of(webhook), factories.lead(), factories.lead())
    db.session.rollback()
    pausing.resume(db.session(), webhook, rate=0.01)
    due = select(func.count()).where(Delivery.due_at <= func.now())
    assert db.session.scalar(due) == 1


def test_a_listener_waits_for_what_is_not_due_yet(
    webhook: Subscription, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def make_due(seconds: float) -> None:
        looks.append(seconds)
        arrange(due_at=func.now())

    logged(webhook, status="retrying", due_at=in_half_an_hour())
    monkeypatch.setattr(visits, "sleep", make_due)
    visits.wait_for_due(db.engine, webhook.id, listener.session_id, utcnow() + HALF_AN_HOUR)
    assert len(looks) == 1


def test_what_a_listener_had_in_hand_is_due_at_once(
    webhook: Subscription, listener: Listener
) -> None:
    logged(webhook, status="sending", due_at=in_half_an_hour(), tries=1)
    starting.release(db.session(), webhook.id)
    db.session.commit()
    all_are_due(1)


def test_what_a_subscription_stores_is_not_of_the_future(
    webhook: Subscription, listener: Listener
) -> None:
    """A digest begins, and an outage ends, at such a moment: what lies between would be missed."""
    visits.report(
        db.session(), factories.tenant(organisation_of(webhook)), "key_1", webhook.id, "lss_1"
    )
    switching_off.disable(db.session.connection(), [webhook.id], "It fails.")
    db.session.commit()
    db.session.refresh(webhook)
    switching.set_enabled(db.session(), webhook, True)
    secrets.replace_secret(db.session(), webhook, parts().vault, "whsec_x", timedelta(hours=1))
    webhook.schedule = DAILY
    service._begin_digests(db.session(), webhook)
    service.delete_subscription(db.session(), webhook)
    at = datetime.now(UTC) + timedelta(hours=1)
    tallies.store(db.session.connection(), [Try(webhook.id, at, DeliveryStatus.FAILED, 1)])
    db.session.commit()
    now, within = func.now(), timedelta(hours=1)
    moments = (
        (Subscription.digest_since, now),
        (Subscription.deleted_at, now),
        (Subscription.previous_secret_expires_at, now + within),
        (Outage.ended_at, now),
        (Outage.began_at, now),
        (SubscriptionHealth.failing_since, now),
        (SubscriptionHealth.last_failure_at, now),
        (Listener.alive_until, now + within),
    )
    assert [db.session.scalar(select(moment <= latest)) for moment, latest in moments] == [True] * 8


def test_a_chat_has_half_an_hour_by_the_clock_of_the_job_that_ends_it(
    client: FlaskClient, webhook: Subscription
) -> None:
    key = factories.api_key(organisation_of(webhook))
    message = {"conversation_id": "c", "role": "visitor", "text": "Hello"}
    path = "/api/v1/chatbots/bot/messages"
    assert client.post(path, json=message, headers=factories.bearer(key)).status_code == 202
    ends = select(Conversation.ends_at <= func.now() + HALF_AN_HOUR)
    assert db.session.scalar(ends)


def test_a_mail_is_due_at_once(app: Flask, webhook: Subscription) -> None:
    set_smtp(app, 1)
    mail.post(db.session(), "ada@example.com", "password_reset", link="x")
    db.session.commit()
    assert db.session.scalar(select(Mail.due_at <= func.now()))


def test_an_undo_brings_back_what_another_machine_cancelled(
    webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.accepted(organisation_of(webhook))
    switching.set_enabled(db.session(), webhook, False)
    upkeep.cancel_left_over()
    monkeypatch.setattr(times, "datetime", datetime)
    undo.bring_back(db.session(), webhook, "ada@example.com")
    all_are_due(1)
