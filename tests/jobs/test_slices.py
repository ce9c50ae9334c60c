"""Retention runs in short slices, and other jobs get their turn in between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import cast

import msgspec
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.support.servers import RedisServer
from webhooks_app import queue
from webhooks_app.database import coming_partitions, partitions
from webhooks_app.deliveries import expired_events as module
from webhooks_app.deliveries import retention
from webhooks_app.deliveries.expired_events import expired_events
from webhooks_app.extensions import db
from webhooks_app.jobs import slices, upkeep
from webhooks_app.jobs.beat import Beat
from webhooks_app.jobs.worker import HooklineWorker
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Delivery,
    DeliveryStat,
    Event,
    InboxRequest,
    Organisation,
    PeriodicRun,
)
from webhooks_app.operations import slices as rules
from webhooks_app.operations.deleting import BYTES
from webhooks_app.operations.periodic import take_turn
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.operations.slices import BEGINNING, Key, Part, Stepped

JOB = "webhooks_app.jobs.upkeep.delete_expired"
HOUR = timedelta(hours=1)
SLICED = (
    upkeep.delete_expired,
    upkeep.delete_old_answers,
    upkeep.delete_old_audit_entries,
    upkeep.delete_old_requests,
    upkeep.delete_unusable,
    upkeep.forget_unseen,
)


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stored now is older than its retention for the jobs."""
    monkeypatch.setattr(upkeep, "clock_of", lambda _: utcnow() + timedelta(days=100))


@pytest.fixture
def one_by_one(app: Flask) -> Iterator[None]:
    """On PostgreSQL all rows are in the default partitions, which are never dropped."""
    with db.engine.begin() as connection:
        for log in partitions.LOGS:
            for one in partitions.partitions(connection, log):
                connection.execute(text(f"DROP TABLE {one.name}"))
    yield
    db.session.rollback()
    coming_partitions.make_ahead(db.engine, utcnow(), 90)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("FIRST", "MOST", "LEAST"):
        monkeypatch.setattr(rules, limit, 2)


@pytest.fixture
def ended(organisation: Organisation) -> Callable[[int], None]:
    """Store so many events, whose deliveries have ended except for the first half."""

    def store(count: int) -> None:
        factories.webhook(organisation, "https://a.example")
        factories.accepted(organisation, *[factories.lead() for _ in range(count)])
        ids = db.session.scalars(select(Delivery.id).order_by(Delivery.event_id)).all()
        over = {"status": "cancelled", "due_at": None, "finished_at": utcnow()}
        db.session.execute(update(Delivery).where(Delivery.id.in_(ids[count // 2 :])).values(over))
        db.session.commit()

    return store


def turn() -> bool:
    return take_turn(db.engine, JOB, HOUR, utcnow())


def position() -> str | None:
    with db.engine.connect() as connection:
        return connection.scalar(select(PeriodicRun.position).where(PeriodicRun.name == JOB))


def counts() -> tuple[int, int]:
    db.session.rollback()
    found = [db.session.scalar(select(func.count(model.id))) or 0 for model in (Event, Delivery)]
    db.session.rollback()
    return found[0], found[1]


def said_by(job: Callable[[], None], caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    """The only line that a slice logs."""
    with caplog.at_level("INFO", slices.__name__):
        job()
    [line] = [record.msg for record in caplog.records]
    assert isinstance(line, dict)
    return line


@pytest.mark.usefixtures("later", "small_steps", "one_by_one")
def test_slices_of_one_step_pass_what_is_kept_and_delete_the_rest(
    ended: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The beat takes a turn for each of them, and none once all is done."""
    ended(12)
    monkeypatch.setattr(slices, "LONGEST", -1)
    turns = 0
    while turn():
        upkeep.delete_expired()
        turns += 1
        assert turns < 60
        events, deliveries = counts()
        assert events == deliveries
    assert counts() == (6, 6)
    assert turns > 12
    assert position() is None


@pytest.mark.usefixtures("later", "small_steps")
@pytest.mark.parametrize("waiting", [True, False])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_slice_ends_early_while_other_jobs_wait(
    app: Flask,
    redis_server: RedisServer,
    ended: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    waiting: bool,
) -> None:
    ended(12)
    monkeypatch.setattr(slices, "POLITE", -1)
    background = queue.queue_named(queue.BACKGROUND, Redis.from_url(redis_server.url))
    background.empty()
    assert turn()
    background.enqueue(JOB)
    if waiting:
        background.enqueue(queue.SEND_MAIL)
    HooklineWorker(app, queue.BACKGROUND).work(burst=True)
    assert (position() is not None) == waiting
    assert turn() == waiting


@pytest.mark.parametrize("job", SLICED, ids=lambda job: job.__name__)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_slice_says_once_what_it_did(
    app: Flask, job: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    said = said_by(job, caplog)
    assert said["changed"] == {}
    assert said["is_complete"]


@pytest.mark.usefixtures("later", "small_steps")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_says_how_many_rows_of_which_kind_changed(
    ended: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    ended(6)
    assert said_by(upkeep.delete_expired, caplog)["changed"] == {"events": 6}


@pytest.mark.usefixtures("later", "small_steps")
def test_writers_to_sqlite_get_their_turn_between_steps(
    ended: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """A pause as long as the step. PostgreSQL needs none: writers do not wait there."""
    ended(6)
    pauses: list[float] = []
    monkeypatch.setattr(rules, "sleep", pauses.append)
    upkeep.delete_expired()
    assert any(pauses) == database_url.startswith("sqlite")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_position_that_cannot_be_read_stops_a_job_only_once(app: Flask) -> None:
    assert turn()
    db.session.execute(update(PeriodicRun).values(position="[]"))
    db.session.commit()
    with pytest.raises(msgspec.ValidationError):
        upkeep.delete_expired()
    upkeep.delete_expired()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_step_that_fails_fails_the_job_and_keeps_its_position(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def step(after: Key, _size: int) -> Stepped:
        if after:
            raise RuntimeError("broken")
        return Stepped(1, ("1",))

    assert turn()
    with caplog.at_level("INFO", slices.__name__), pytest.raises(ExceptionGroup) as raised:
        slices.run_slice(upkeep.delete_expired, [Part("kind", step, "a")])
    assert [str(error) for error in raised.value.exceptions] == ["broken"]
    said = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line["event"] for line in said] == ["step failed", "slice ended"]
    assert (said[0]["part"], said[0]["reason"]) == (["in kind a"], "broken")
    assert msgspec.json.decode(position() or "null") == ["kind", "a", ["1"]]
    assert turn()


@pytest.mark.usefixtures("later", "small_steps")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_the_job_of_the_latest_turn_works(
    app: Flask, redis_server: RedisServer, ended: Callable[[int], None]
) -> None:
    """The first one waited in the queue until the beat took the next turn."""
    ended(4)
    connection = Redis.from_url(redis_server.url)
    queue.queue_named(queue.BACKGROUND, connection).empty()
    beat = Beat(db.engine, connection)
    [retention] = [one for one in PERIODIC if one.job == JOB]
    start = utcnow()
    left = []
    for hours in (0, 2):
        beat._enqueue_if_due(retention, start + timedelta(hours=hours))
    for _ in range(2):
        HooklineWorker(app, queue.BACKGROUND).work(burst=True, max_jobs=1)
        left.append(counts())
    assert left == [(4, 4), (2, 2)]


def steps_of(size: int) -> list[int]:
    """How many rows each step deleted."""
    change, after, found = expired_events(utcnow() + HOUR), (), []
    while after is not None:
        with db.engine.begin() as connection:
            rows, after = change(connection, after, size)
        found.append(rows)
    return found


def test_events_with_many_deliveries_are_few_to_a_step(organisation: Organisation) -> None:
    for n in range(5):
        factories.webhook(organisation, f"https://{n}.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    over = {"status": "cancelled", "due_at": None, "finished_at": utcnow()}
    db.session.execute(update(Delivery).values(over))
    db.session.commit()
    assert steps_of(4) == [6, 6, 6, 0]


def end(tries: int = 0) -> None:
    """End all deliveries, after so many tries."""
    over = {"status": "cancelled", "due_at": None, "finished_at": utcnow(), "tries": tries}
    db.session.execute(update(Delivery).values(over))
    db.session.commit()


def replayed(times: int, event_id: str) -> None:
    """Store so many replays, which have ended, of each delivery of that event."""
    deliveries = cast(Table, Delivery.__table__)
    planned = db.session.execute(select(deliveries).where(deliveries.c.event_id == event_id)).all()
    rows = [
        {**row._mapping, "id": new_id("msg"), "trigger": "replay"}
        for row in planned
        for _ in range(times)
    ]
    for row in rows:
        del row["undelivered"]
    db.session.execute(insert(deliveries), rows)
    db.session.commit()


def test_tries_and_replays_count_in_a_step(organisation: Organisation) -> None:
    factories.webhook(organisation, "https://a.example")
    events = factories.accepted(organisation, *[factories.lead() for _ in range(6)])
    end(tries=2)
    for id_ in sorted(one.id for one in events)[4:]:
        replayed(2, id_)
    assert steps_of(8) == [4, 4, 4, 4, 0]


def test_large_events_are_few_to_a_step(organisation: Organisation) -> None:
    """SQLite looks at each page of what it deletes."""
    factories.accepted(organisation, *[factories.lead() for _ in range(40)])
    db.session.execute(update(Event).values(data=f'{{"a":"{"x" * 250 * 1024}"}}'))
    db.session.commit()
    steps = steps_of(100)
    assert sum(steps) == 40
    assert max(steps) <= BYTES / (250 * 1024) + 1


def test_an_event_with_too_many_deliveries_takes_steps_of_its_own(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its replays go first, so that what is left adds up."""
    monkeypatch.setattr(module, "MOST", 4)
    for n in range(2):
        factories.webhook(organisation, f"https://{n}.example")
    events = factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    end()
    replayed(3, sorted(one.id for one in events)[1])
    assert steps_of(4) == [3, 4, 2, 6, 0]


@pytest.mark.parametrize("is_planned", [True, False])
def test_an_event_with_too_many_deliveries_stays_whole_while_one_is_open(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, is_planned: bool
) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    factories.webhook(organisation, "https://a.example")
    [event] = factories.accepted(organisation)
    end()
    replayed(6, event.id)
    which = Delivery.trigger == "event" if is_planned else Delivery.trigger != "event"
    some = select(Delivery.id).where(which).limit(1).scalar_subquery()
    db.session.execute(update(Delivery).where(Delivery.id == some).values(status="pending"))
    db.session.commit()
    assert sum(steps_of(4)) == 0
    assert counts() == (1, 7)


def test_large_rows_of_any_table_are_few_to_a_step(organisation: Organisation) -> None:
    inbox = factories.inbox(organisation)
    body = b"x" * 500 * 1024
    db.session.add_all(
        InboxRequest(
            id=new_id("req"),
            inbox_id=inbox.id,
            method="POST",
            headers="[]",
            body=body,
            received_at=utcnow(),
        )
        for _ in range(20)
    )
    db.session.commit()
    [old] = [retention.old_requests(db.engine, utcnow() + timedelta(days=8))]
    rows = stepped(old, 100)
    assert sum(rows) == 20
    assert max(rows) <= BYTES / len(body) + 1


def test_many_rows_under_one_key_take_several_steps(app: Flask) -> None:
    hours = [utcnow() - timedelta(days=91, hours=n) for n in range(7)]
    db.session.add_all(
        DeliveryStat(subscription_id=id_, hour=hour, outcome="delivered", latency_ms=5, count=1)
        for id_ in ("whk_1", "whk_2")
        for hour in (*hours, utcnow())
    )
    db.session.commit()
    parts = retention.expired(db.engine, utcnow(), 90)
    [statistics] = [one for one in parts if one.kind == "statistics"]
    rows = stepped(statistics, 3)
    assert (sum(rows), max(rows)) == (14, 3)


def stepped(part: Part, size: int) -> list[int]:
    after, found = BEGINNING, []
    while after is not None:
        rows, after = part.step(after, size)
        found.append(rows)
    return found


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_event_that_somebody_sends_again_is_passed(ended: Callable[[int], None]) -> None:
    ended(4)
    last = db.session.scalars(select(Event.id).order_by(Event.id.desc()).limit(1)).one()
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(select(Event.id).where(Event.id == last).with_for_update(read=True))
        assert sum(steps_of(100)) == 2
    assert sum(steps_of(100)) == 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_sends_an_event_again_while_it_is_deleted(ended: Callable[[int], None]) -> None:
    ended(4)
    hold = select(Event.id).order_by(Event.id.desc()).limit(1).with_for_update(read=True)
    with db.engine.begin() as deleting, db.engine.connect() as sending:
        expired_events(utcnow() + HOUR)(deleting, (), 100)
        sending.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock"):
            sending.execute(hold)
