"""Workers do not send from a restored database until somebody says what to do."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.support import older
from tests.support.servers import wait_until
from webhooks_app.engine.after_restore import WHY
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.extensions import db
from webhooks_app.jobs import worker
from webhooks_app.lib.times import utcnow
from webhooks_app.models import DatabaseIdentity, Delivery
from webhooks_app.operations import restored
from webhooks_app.operations.checks import delivering
from webhooks_app.operations.integrity_check import audit
from webhooks_app.operations.start import check_start
from webhooks_app.parts import parts_of

ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def copied(app: Flask) -> None:
    """Two deliveries are open in a database that comes from another one.

    One is being sent, and one was planned by a version before the queue.
    """
    check_start(app)
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, factories.lead(), factories.lead())
    db.session.rollback()
    claim(db.engine, ClaimRequest(limit=1, free={}), timedelta(seconds=30))
    [waiting] = db.session.scalars(select(Delivery.id).where(Delivery.status == "pending"))
    older.plan(waiting)
    db.session.execute(update(DatabaseIdentity).values(identity="another/1"))
    db.session.commit()


def after_restore(app: Flask, *arguments: str) -> tuple[int, str]:
    db.session.rollback()
    ended = app.test_cli_runner().invoke(args=["after-restore", *arguments])
    return ended.exit_code, ended.output


def states() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(Delivery.status)))


def test_a_database_knows_itself(app: Flask) -> None:
    for _ in range(2):
        check_start(app)
        assert not restored.is_restored(db.engine)


@ON_POSTGRES
def test_a_start_on_a_copy_does_not_make_it_the_original(app: Flask, copied: None) -> None:
    check_start(app)
    assert restored.is_restored(db.engine)
    redis = parts_of(app).settings.redis_socket_url
    [found] = [one for one in delivering(db.engine, redis, utcnow()) if one.part == "restore"]
    assert (found.ok, found.fault) == (False, "waits for a decision")
    assert "after-restore" in found.advice


@ON_POSTGRES
def test_the_command_asks(app: Flask, copied: None) -> None:
    code, said = after_restore(app)
    assert code == 2
    assert "2 deliveries are open" in said
    assert restored.is_restored(db.engine)
    assert states() == ["pending", "sending"]


@ON_POSTGRES
@pytest.mark.parametrize(
    ("choice", "left", "said"),
    [
        ("--send", ["pending", "sending"], "2 deliveries will be sent"),
        ("--cancel", ["cancelled"] * 2, "2 deliveries were cancelled"),
    ],
)
def test_what_was_chosen_happens_and_workers_go_on(
    app: Flask, copied: None, choice: str, left: list[str], said: str
) -> None:
    code, printed = after_restore(app, choice)
    assert code == 0
    assert said in printed
    assert states() == left
    assert not restored.is_restored(db.engine)
    assert audit(db.engine, 90).ok
    if choice == "--cancel":
        db.session.rollback()
        assert set(db.session.scalars(select(Delivery.error))) == {WHY}


@ON_POSTGRES
def test_a_worker_waits_until_then(
    app: Flask, copied: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restored, "LOOK_EVERY", 0.05)
    began = threading.Event()

    class Began(Exception):
        pass

    def begin(*_: object) -> None:
        began.set()
        raise Began

    monkeypatch.setattr(worker, "HooklineWorker", begin)

    def run() -> None:
        with pytest.raises(Began):
            worker.run_worker(app, "deliveries")

    thread = threading.Thread(target=run)
    thread.start()
    assert not began.wait(0.5)
    after_restore(app, "--send")
    wait_until(began.is_set, 10)
    thread.join()


def test_sqlite_and_servers_that_do_not_say_it_are_never_held_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restored, "IDENTITY", "SELECT no_such_function()")
    check_start(app)
    db.session.add(DatabaseIdentity(identity="x", known_since=utcnow() - timedelta(days=1)))
    db.session.commit()
    assert not restored.is_restored(db.engine)
    restored.wait_until_told(db.engine)
