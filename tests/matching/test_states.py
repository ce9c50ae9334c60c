"""Field filters: an update is sent when a named field changed since the object was last seen."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import factories
from tests.support.servers import PATIENCE
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import IngestRequest, accept, accept_together
from webhooks_app.ingest.group_commit import GroupCommit
from webhooks_app.jobs import upkeep
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.states import LARGEST_COMPARED, Key, States, forget_unseen, key_of
from webhooks_app.models import Event, ObjectState, Organisation, Subscription

URL = "https://a.example/hook"
NOW = utcnow()


def customer(n: int = 0, type_: str = "customer.updated", **data: Any) -> Incoming:
    """An event at second `n`."""
    return Incoming(
        type=type_,
        data=orjson.dumps({"id": "cus_1", "stage": "trial", "seats": 1} | data).decode(),
        occurred_at=NOW + timedelta(seconds=n),
    )


def told(organisation: Organisation, *events: Incoming) -> list[int]:
    return [one.deliveries for one in factories.accepted(organisation, *events)]


def changed() -> list[Any]:
    """Of all events, oldest first."""
    db.session.rollback()
    rows = db.session.scalars(
        select(Event.changed).order_by(Event.occurred_at, Event.created_at)
    ).all()
    return [row and orjson.loads(row) for row in rows]


def states() -> list[ObjectState]:
    db.session.rollback()
    return list(db.session.scalars(select(ObjectState).order_by(ObjectState.object_id)))


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(
        organisation,
        URL,
        event_types=["customer.created", "customer.updated", "customer.at_risk"],
        changed_fields=["stage", "data.owner.email"],
    )


def test_too_large_ones_are_told_unless_nothing_changed_at_all(
    organisation: Organisation, webhook: Subscription
) -> None:
    """Others wait while two objects are compared, so that it must not take long."""
    half = "n" * (LARGEST_COMPARED // 2)
    assert told(organisation, customer(0, notes=half)) == [1]
    assert told(organisation, customer(1, notes=half)) == [0], "equal, which is seen at once"
    assert told(organisation, customer(2, notes=half, seats=2)) == [1], "not compared"
    assert told(organisation, customer(3, seats=2)) == [0], "small enough together"
    assert changed() == [None, [], None, ["notes"]]


def test_an_update_is_told_when_a_named_field_changed(
    organisation: Organisation, webhook: Subscription
) -> None:
    assert told(organisation, customer(0)) == [1], "never seen before"
    assert told(organisation, customer(1, seats=2)) == [0]
    assert told(organisation, customer(2, seats=2, stage="live")) == [1]
    assert told(organisation, customer(3, seats=2, stage="live")) == [0]
    assert told(organisation, customer(4, stage="live", owner={"email": "a@b"})) == [1]
    assert changed() == [None, ["seats"], ["stage"], [], ["seats", "owner.email"]]


def test_it_says_nothing_about_other_types(
    organisation: Organisation, webhook: Subscription
) -> None:
    told(organisation, customer(0))
    assert told(organisation, customer(1, "customer.at_risk")) == [1]
    assert told(organisation, customer(2, "customer.created")) == [1]


def test_one_without_a_filter_is_told_of_any_change(
    organisation: Organisation, webhook: Subscription
) -> None:
    factories.webhook(organisation, URL, event_types=["customer.updated"])
    told(organisation, customer(0))
    assert told(organisation, customer(1, seats=2)) == [1]


def test_the_producer_may_say_what_changed(
    organisation: Organisation, webhook: Subscription
) -> None:
    def says(*paths: str) -> Incoming:
        return factories.lead(type="customer.updated", data='{"id": "c"}', changed=paths)

    assert told(organisation, says("stage")) == [1]
    assert told(organisation, says("seats")) == [0]
    assert told(organisation, says("owner")) == [1]
    assert told(organisation, says()) == [0]
    assert changed() == [["stage"], ["seats"], ["owner"], []]


def test_an_object_is_known_from_when_it_was_made(
    organisation: Organisation, webhook: Subscription
) -> None:
    assert told(organisation, customer(0, "customer.created")) == [1]
    assert told(organisation, customer(1, seats=2)) == [0]


def test_updates_in_one_batch_are_compared_in_their_order(
    organisation: Organisation, webhook: Subscription
) -> None:
    batch = [customer(0), customer(0, stage="live"), customer(0, stage="live"), customer(0)]
    assert told(organisation, *batch) == [1, 1, 0, 1]


def test_requests_of_one_commit_are_compared_in_their_order(
    organisation: Organisation, webhook: Subscription
) -> None:
    other = factories.organisation("Others")
    factories.webhook(other, URL, event_types=["customer.updated"], changed_fields=["stage"])
    ours, theirs = factories.tenant(organisation), factories.tenant(other)
    asked = [
        IngestRequest(ours, [customer(0)]),
        IngestRequest(theirs, [customer(0, stage="live")]),
        IngestRequest(ours, [customer(1, seats=5)]),
        IngestRequest(theirs, [customer(1)]),
    ]
    db.session.commit()
    accept_together(db.engine, asked)
    assert [one.outcome()[0].deliveries for one in asked] == [1, 1, 0, 1]
    assert len(states()) == 2


def test_a_repeat_is_no_state(organisation: Organisation, webhook: Subscription) -> None:
    first = factories.lead(
        type="customer.updated", data=customer().data, occurred_at=NOW, source_id="s1"
    )
    assert told(organisation, first, customer(1, stage="live"), first) == [1, 1, 1]
    told(organisation, first)
    [state] = states()
    assert orjson.loads(state.data or "")["stage"] == "live"


def test_a_late_event_is_compared_with_the_newest_state_and_does_not_replace_it(
    organisation: Organisation, webhook: Subscription
) -> None:
    told(organisation, customer(0), customer(10, stage="live"))
    assert told(organisation, customer(5, stage="live", seats=9)) == [0]
    assert told(organisation, customer(6)) == [1]
    assert told(organisation, customer(11, stage="live")) == [0]


def test_objects_modes_and_organisations_never_meet(
    organisation: Organisation, webhook: Subscription
) -> None:
    other = factories.organisation("Others")
    for more in ({"mode": "test"}, {}):
        tenant = organisation if more else other
        factories.webhook(
            tenant, URL, event_types=["customer.updated"], changed_fields=["stage"], **more
        )
    for n in range(2):
        assert told(organisation, customer(n, id="cus_1")) == [1 - n]
        assert told(organisation, customer(n, id="cus_2")) == [1 - n]
        assert told(other, customer(n)) == [1 - n]
        [accepted] = factories.accepted(organisation, customer(n), mode="test")
        assert accepted.deliveries == 1 - n


def test_nothing_is_kept_without_a_filter(organisation: Organisation) -> None:
    factories.webhook(organisation, URL, event_types=["customer.updated"])
    factories.webhook(organisation, URL, event_types=["lead.updated"], changed_fields=["email"])
    factories.webhook(
        organisation, URL, event_types=["customer.updated"], changed_fields=["x"], enabled=False
    )
    told(organisation, customer(0), customer(1, "customer.created"))
    assert states() == []
    assert changed() == [None, None]


def test_an_event_without_an_id_counts_as_changed(
    organisation: Organisation, webhook: Subscription
) -> None:
    assert told(organisation, customer(0, id=None), customer(1, id=None)) == [1, 1]
    assert states() == []


def test_a_filter_that_is_edited_holds_at_once(
    organisation: Organisation, webhook: Subscription
) -> None:
    told(organisation, customer(0))
    webhook.changed_fields = ["seats"]
    organisation.subscriptions_version += 1
    assert told(organisation, customer(1, seats=2)) == [1]


@pytest.mark.parametrize(
    ("data", "subject", "found"),
    [
        ({"id": "a", "customer": {"id": "b"}}, ("customer", "c"), "a"),
        ({"customer": {"id": "b"}}, ("customer", "c"), "b"),
        ({"id": 7}, None, "7"),
        ({"id": True}, ("customer", "c"), "c"),
        ({"id": ""}, ("customer", "c"), "c"),
        ({"id": "a\0b"}, ("customer", "c"), "c"),
        ({"id": "x" * 201}, None, None),
        ({"id": {"x": 1}}, ("chatbot", "c"), None),
        ({"id": 1.5, "customer": [1]}, None, None),
    ],
)
def test_which_object_an_event_is_about(data: Any, subject: Any, found: str | None) -> None:
    event = Incoming("customer.updated", orjson.dumps(data).decode(), NOW, subject)
    key = key_of(Tenant("org_1", "live"), event)
    assert key == (Key("org_1", "live", "customer", found) if found else None)


def test_awkward_data_is_compared_and_stored(
    organisation: Organisation, webhook: Subscription
) -> None:
    awkward = {"a\0b": "\0", "ключ": "😀", "a.b": 1, "": {"": [[], {}]}}
    told(organisation, customer(0), customer(1, **awkward))
    assert set(changed()[1]) == {"a\0b", "ключ", "a.b", "..0", "..1"}


def test_concurrent_batches_never_compare_with_what_is_stale(
    app: Flask,
    organisation: Organisation,
    webhook: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two stages that take turns, one is never sent twice in a row."""
    monkeypatch.setattr("webhooks_app.ingest.accept.TRIES", 1)
    tenant, database = factories.tenant(organisation), db.engine
    db.session.commit()
    start = threading.Barrier(4)

    def batches(worker: int) -> None:
        start.wait()
        for n in range(20):
            ids = [f"c{n // 4}.{i}" for i in range(40)]
            random.Random(worker).shuffle(ids)
            events = [customer(0, id=id_, stage="ab"[worker % 2]) for id_ in ids]
            accept(database, tenant, events)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(batches, range(4)))
    rows = db.session.execute(select(Event.data, Event.changed, Event.fan_out)).all()
    told = [orjson.loads(row.data) for row in rows if row.fan_out]
    assert sum(row.changed is None for row in rows) == len({data["id"] for data in told}) == 200
    stages = Counter((data["id"], data["stage"]) for data in told)
    assert all(abs(stages[id_, "a"] - stages[id_, "b"]) <= 1 for id_, _ in stages)


@pytest.mark.parametrize("seen_before", [False, True])
def test_objects_are_locked_in_one_order(app: Flask, seen_before: bool) -> None:
    """Waiting for the first object does not lock the second, in any order of events."""
    a, b = (Key("org_1", "live", "customer", id_) for id_ in "ab")
    database = db.engine

    def lock(*keys: Key) -> None:
        with database.begin() as connection:
            States(connection, keys, NOW)

    if seen_before:
        lock(b)
        lock(a)
    with database.connect() as mine, ThreadPoolExecutor(1) as thread:
        States(mine, [a], NOW)
        other = thread.submit(lock, b, a)
        time.sleep(0.3)
        States(mine, [b], NOW)
        mine.commit()
        other.result(PATIENCE)


def test_the_group_commit_compares_too(
    app: Flask, organisation: Organisation, webhook: Subscription
) -> None:
    tenant = factories.tenant(organisation)
    db.session.commit()
    gathering = GroupCommit(db.engine, stored=lambda: None)
    with ThreadPoolExecutor(8) as threads:
        planned = list(threads.map(lambda _: gathering.accept(tenant, customer(0)), range(40)))
    assert sum(one.deliveries for one in planned) == 1


def test_what_was_not_spoken_of_for_a_year_is_forgotten(
    organisation: Organisation, webhook: Subscription
) -> None:
    told(organisation, customer(0, id="old"), customer(0, id="new"))
    db.session.execute(
        update(ObjectState)
        .where(ObjectState.object_id == "old")
        .values(updated_at=utcnow() - timedelta(days=366))
    )
    db.session.commit()
    upkeep.forget_unseen()
    assert [row.object_id for row in states()] == ["new"]
    assert told(organisation, customer(1, id="old")) == [1]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_forgetting_waits_for_nobody_who_has_locked_a_state(
    organisation: Organisation, webhook: Subscription
) -> None:
    """Whoever stores an event about another object would wait for both."""
    told(organisation, customer(0, id="a"), customer(0, id="b"))
    db.session.execute(update(ObjectState).values(updated_at=utcnow() - timedelta(days=366)))
    db.session.commit()
    part = forget_unseen(db.engine, utcnow())
    with ThreadPoolExecutor(1) as thread, db.engine.connect() as other:
        other.execute(select(ObjectState).where(ObjectState.object_id == "a").with_for_update())
        assert thread.submit(part.step, (), 100).result(PATIENCE) == (1, None)
    assert [row.object_id for row in states()] == ["a"]
