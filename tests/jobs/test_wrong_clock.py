"""A worker whose clock is wrong deletes, ends and starts nothing before its time."""

from datetime import datetime, timedelta, tzinfo
from pkgutil import resolve_name

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests import factories
from tests.jobs.test_steps import fill_all
from tests.mail.test_service import set_smtp
from tests.support.filling import fill, id_at
from tests.support.open_deliveries import arrange
from tests.support.rows import every_row
from tests.support.servers import free_port
from webhooks_app import queue
from webhooks_app.database import partitions
from webhooks_app.extensions import db
from webhooks_app.lib import times
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    AnsweredRequest,
    ApiKey,
    Conversation,
    DailyCount,
    Listener,
    Mail,
    Organisation,
    PasswordReset,
    PeriodicRun,
    ReplayBatch,
    UserSession,
)
from webhooks_app.operations.schedule import PERIODIC

SOON = timedelta(minutes=10)
DAILY = {"frequency": "daily", "hour": 9, "weekday": 0, "time_zone": None, "skip_empty": False}

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def full(app: Flask, redis_server: object) -> Flask:
    """Something of each kind that a job deletes, ends or sends one day, and not yet."""
    users = [factories.user(f"{n}@example.com").id for n in range(3)]
    set_smtp(app, free_port())
    for plan in ("free", "self_hosted"):
        organisation = factories.organisation()
        organisation.plan = plan
        fill_all(organisation, users, utcnow())
        _wait_in(organisation, users[0])
    db.session.commit()
    return app


def _wait_in(organisation: Organisation, user_id: str) -> None:
    now = utcnow()
    own = {"organisation_id": organisation.id}
    paused = {"paused_at": now, "paused_until": now + SOON}
    factories.webhook(organisation, "https://a.example", **paused)
    factories.accepted(organisation)
    listener = factories.webhook(organisation, "https://b.example", is_listener=True)
    lease = {"subscription_id": listener.id, "keep_for": 60, "alive_until": now + SOON}
    fill(Listener, now, [lease | {"own_key": organisation.id}])
    rotated = {"sealed_previous_secret": "x", "previous_secret_expires_at": now + timedelta(days=9)}
    factories.webhook(organisation, "https://c.example", **rotated)
    digest = {"channel": "email", "schedule": DAILY, "digest_since": now}
    factories.action(organisation, "", **digest, event_types=["action.digest"])
    fill(Conversation, now, [{"id": id_at("cnv", now), "ends_at": now + SOON, **own}])
    fill(ReplayBatch, now, [{"id": id_at("rpl", now), "status": "running", **own}])
    fill(Mail, now, [{"id": id_at("mai", now), "status": "pending", "due_at": now + SOON}])
    fill(AnsweredRequest, now, [{"key": "secret", "sealed_secret": "x", **own}])
    fill(DailyCount, now, [own])
    fill(UserSession, now, [{"id": id_at("ses", now), "user_id": user_id}])
    if organisation.plan == "free":
        db.session.add(factories.device_log_in(organisation.id))
    factories.api_key(organisation)
    db.session.execute(update(ApiKey).values(expires_at=now + timedelta(days=30)))
    db.session.execute(update(PasswordReset).values(expires_at=now + SOON))
    db.session.commit()
    arrange(status="pending")


def all_partitions() -> list[str]:
    with db.engine.connect() as connection:
        return [
            one.name for log in partitions.LOGS for one in partitions.partitions(connection, log)
        ]


@pytest.mark.parametrize("off", [timedelta(days=366), timedelta(hours=1), -timedelta(days=366)])
def test_no_job_does_anything_before_its_time(
    full: Flask, off: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Off(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Off":
            return super().now(tz) + off

    asked: list[str] = []
    monkeypatch.setattr(queue, "enqueue_background", lambda job, *_: asked.append(job))
    there, before = all_partitions(), every_row("periodic_runs", "usage")
    monkeypatch.setattr(times, "datetime", Off)
    for periodic in PERIODIC:
        resolve_name(periodic.job)()
        assert every_row("periodic_runs", "usage") == before, periodic.job
    assert set(there) <= set(all_partitions())
    assert queue.REPLAY_BATCH not in asked
    in_the_future = select(func.count()).where(PeriodicRun.last_run_at > func.now())
    assert db.session.scalar(in_the_future) == 0
