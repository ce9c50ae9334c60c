"""What a subscription missed while Hookline had switched it off: counted, and sent once."""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import update

from tests import factories
from tests.support.engine import deliveries
from tests.support.receiver import Answer, Receiver
from tests.support.slices import finish
from webhooks_app.deliveries import missed, replays, retention
from webhooks_app.deliveries.filters import Filters
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.jobs.replays import run_batch
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, Outage, ReplayBatch, Subscription
from webhooks_app.operations.integrity_check import audit
from webhooks_app.subscriptions import switching, test_delivery
from webhooks_app.vocabulary import DeliveryStatus

Run = Callable[[], list[Delivery]]
URL = "https://receiver.example/hook"
MISSING = Filters(missing=True)
CONDITIONS = [{"field": "name", "operator": "equals", "value": "Ada"}]


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, URL, conditions=CONDITIONS)


def current(webhook_id: str) -> Subscription:
    db.session.rollback()
    return db.session.get_one(Subscription, webhook_id, populate_existing=True)


def switch_off(webhook_id: str) -> None:
    """Switch off as a 410 or five days of failures do."""
    db.session.rollback()
    with db.engine.begin() as connection:
        disable(connection, [webhook_id], "It failed for 5 days.")


def switch(webhook_id: str, enabled: bool) -> None:
    switching.set_enabled(db.session(), current(webhook_id), enabled)


def leads(organisation: Organisation, *names: str) -> list[str]:
    """The ids of events about leads of these names."""
    events = [factories.lead(data=f'{{"name":"{name}"}}') for name in names]
    return [one.id for one in factories.accepted(organisation, *events)]


def recover(organisation: Organisation, filters: Filters = MISSING) -> ReplayBatch:
    db.session.rollback()
    tenant = factories.tenant(organisation)
    batch = replays.start(db.session(), tenant, "owner@example.com", filters)
    run_batch(batch.id, utcnow().isoformat())
    db.session.rollback()
    return db.session.get_one(ReplayBatch, batch.id, populate_existing=True)


def recovered() -> list[str]:
    return [row.event_id for row in deliveries() if row.trigger == "recovery"]


def counted(organisation: Organisation, filters: Filters = MISSING, most: int = 100) -> int:
    db.session.rollback()
    return missed.estimate(db.session(), factories.tenant(organisation), filters, most).found


def test_what_was_missed_after_a_410_arrives_once_it_is_on_again(
    organisation: Organisation, receiver: Receiver, run: Run
) -> None:
    receiver.answer = lambda request: Answer(410)
    webhook_id = factories.webhook(organisation, receiver.url, conditions=CONDITIONS).id
    [refused] = leads(organisation, "Ada")
    run()
    assert not current(webhook_id).enabled
    ids = leads(organisation, "Ada", "Bob", "Ada")
    assert missed.missed_so_far(db.session(), current(webhook_id), 100).found == 2
    assert counted(organisation) == 0
    receiver.answer = lambda request: Answer(200)
    switch(webhook_id, True)
    assert counted(organisation) == 2
    batch = recover(organisation)
    assert (batch.status, batch.replayed, batch.recovered) == ("finished", 1, 2)
    rows = run()
    arrived = Counter(row.event_id for row in rows if row.status == "delivered")
    assert arrived == {refused: 1, ids[0]: 1, ids[2]: 1}
    assert counted(organisation) == 0
    assert recover(organisation).recovered == 0
    assert audit(db.engine, 90).ok


@pytest.mark.parametrize("seed", range(4))
def test_each_event_is_sent_once_unless_a_person_had_switched_it_off(
    organisation: Organisation,
    webhook: Subscription,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    monkeypatch.setattr(missed, "MARGIN", timedelta(0))
    monkeypatch.setattr(missed, "JUDGED", 3)
    monkeypatch.setattr(missed, "LOOKED_THROUGH", 5)
    chance, webhook_id, wanted = random.Random(seed), webhook.id, []
    state = "on"
    for _ in range(30):
        time.sleep(0.003)
        change = chance.choice(["event", "event", "other", "outage", "person", "on"])
        if change == "outage" and state == "on":
            switch_off(webhook_id)
            state = "outage"
        elif change == "person" and state == "on":
            switch(webhook_id, False)
            state = "person"
        elif change == "on" and state != "on":
            switch(webhook_id, True)
            state = "on"
        elif change == "other":
            leads(organisation, "Bob")
        elif change == "event":
            [event_id] = leads(organisation, "Ada")
            wanted += [event_id] if state != "person" else []
    time.sleep(0.003)
    if state != "on":
        switch(webhook_id, True)
    # A delivery that waited at the switch-off is cancelled and replayed, so it is not a first
    # delivery.
    recover(organisation)
    first = Counter(row.event_id for row in deliveries() if row.trigger != "replay")
    assert first == Counter(wanted)
    assert recover(organisation).recovered == 0


def test_it_goes_on_where_a_job_that_was_killed_had_been(
    organisation: Organisation, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "JUDGED", 2)
    monkeypatch.setattr(replays, "monotonic", iter(range(100)).__next__)
    monkeypatch.setattr(replays, "BUDGET", 7)
    monkeypatch.setattr(replays, "ask_to_go_on", lambda batch_id, now: None)
    webhook_id = webhook.id
    switch_off(webhook_id)
    ids = leads(organisation, *["Ada"] * 7)
    switch(webhook_id, True)
    batch = recover(organisation)
    assert batch.status == "running"
    assert 0 < batch.recovered < 7
    while batch.status == "running":
        run_batch(batch.id, utcnow().isoformat())
        db.session.rollback()
        batch = db.session.get_one(ReplayBatch, batch.id, populate_existing=True)
    assert (batch.recovered, sorted(recovered())) == (7, sorted(ids))


def test_batches_at_the_same_time_make_one_delivery_of_each(
    app: Flask,
    organisation: Organisation,
    webhook: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(missed, "JUDGED", 5)
    webhook_id = webhook.id
    switch_off(webhook_id)
    ids = leads(organisation, *["Ada"] * 40)
    switch(webhook_id, True)
    tenant = factories.tenant(organisation)
    # Different filters, so that no replay is taken for another.
    asked = [MISSING, Filters(missing=True, subscription_id=webhook_id)]
    batches = [
        replays.start(db.session(), tenant, "owner@example.com", filters).id for filters in asked
    ]
    db.session.rollback()

    def work(batch_id: str) -> None:
        with app.app_context():
            while replays.work(db.session(), batch_id):
                pass
            db.session.remove()

    threads = [Thread(target=work, args=(batch_id,)) for batch_id in batches * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for batch_id in batches:
        run_batch(batch_id, utcnow().isoformat())
    assert sorted(recovered()) == sorted(ids)
    total = sum(db.session.get_one(ReplayBatch, one).recovered for one in batches)
    assert total == len(ids)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 1),
        ({"event_type": "lead.captured"}, 1),
        ({"event_type": "lead.updated"}, 0),
        ({"since": timedelta(hours=1)}, 0),
        ({"until": timedelta(hours=-1)}, 0),
        ({"status": DeliveryStatus.FAILED}, 0),
        ({"text": "Ada"}, 0),
        ({"subscription_id": "whk_other"}, 0),
        ({"missing": False}, 0),
    ],
)
def test_filters_hold_for_what_was_missed_too(
    organisation: Organisation, webhook: Subscription, filters: dict[str, object], count: int
) -> None:
    webhook_id = webhook.id
    switch_off(webhook_id)
    leads(organisation, "Ada")
    switch(webhook_id, True)
    values = {
        name: utcnow() + value if isinstance(value, timedelta) else value
        for name, value in filters.items()
    }
    asked = Filters(**({"missing": True} | values))  # type: ignore[arg-type]
    assert counted(organisation, asked) == count
    assert recover(organisation, asked).recovered == count


def test_what_others_missed_or_a_test_sent_is_not_sent(
    organisation: Organisation, webhook: Subscription
) -> None:
    webhook_id = webhook.id
    others = factories.organisation("Others")
    factories.webhook(others, URL)
    other = factories.webhook(organisation, URL)
    test_delivery.send_test(db.session(), factories.tenant(organisation), other)
    switch_off(webhook_id)
    leads(others, "Ada")
    factories.accepted(organisation, factories.lead(data='{"name":"Ada"}'), mode="test")
    test_delivery.send_test(db.session(), factories.tenant(organisation), other)
    switch(webhook_id, True)
    assert recover(organisation).recovered == 0


def test_nothing_is_sent_to_what_is_off_or_deleted(
    organisation: Organisation, webhook: Subscription
) -> None:
    webhook_id = webhook.id
    switch_off(webhook_id)
    leads(organisation, "Ada")
    switch(webhook_id, True)
    for values in ({"enabled": False}, {"enabled": True, "deleted_at": utcnow()}):
        db.session.execute(update(Subscription).values(revision=99, **values))
        db.session.commit()
        assert recover(organisation).recovered == 0


def test_what_came_before_it_was_made_is_not_sent(organisation: Organisation) -> None:
    leads(organisation, "Ada")
    time.sleep(0.003)
    webhook_id = factories.webhook(organisation, URL).id
    time.sleep(0.003)
    switch_off(webhook_id)
    [missed_id] = leads(organisation, "Ada")
    switch(webhook_id, True)
    recover(organisation)
    assert recovered() == [missed_id]


def test_what_an_address_switched_off_by_leaving_missed_nothing(
    organisation: Organisation,
) -> None:
    mail = {"channel": "email", "email_to": ["ada@example.com"]}
    action_id = factories.action(organisation, "", **mail).id
    switching.drop_address(db.session(), current(action_id), "ada@example.com")
    row = current(action_id)
    assert (row.enabled, row.disabled_by) == (False, "ada@example.com")
    leads(organisation, "Ada")
    assert missed.missed_so_far(db.session(), current(action_id), 100).found == 0
    current(action_id).email_to = ["ada@example.com"]
    db.session.commit()
    switch(action_id, True)
    assert recover(organisation).recovered == 0


def test_it_is_matched_as_it_is_now(organisation: Organisation, webhook: Subscription) -> None:
    webhook_id = webhook.id
    switch_off(webhook_id)
    _, bob = leads(organisation, "Ada", "Bob")
    current(webhook_id).conditions = [{"field": "name", "operator": "equals", "value": "Bob"}]
    db.session.commit()
    switch(webhook_id, True)
    recover(organisation)
    assert recovered() == [bob]


def test_an_estimate_is_bounded_and_says_so(
    organisation: Organisation, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "JUDGED", 2)
    monkeypatch.setattr(missed, "STEPS_OF_AN_ESTIMATE", 3)
    webhook_id = webhook.id
    switch_off(webhook_id)
    leads(organisation, *["Ada"] * 9)
    switch(webhook_id, True)
    tenant = factories.tenant(organisation)
    assert missed.estimate(db.session(), tenant, MISSING, 100) == (6, True)
    assert missed.estimate(db.session(), tenant, MISSING, 4) == (4, True)


def test_outages_are_forgotten_with_the_events(
    organisation: Organisation, webhook: Subscription
) -> None:
    webhook_id = webhook.id
    switch_off(webhook_id)
    switch(webhook_id, True)
    assert db.session.query(Outage).one().reason == "It failed for 5 days."
    db.session.rollback()
    finish(retention.expired(db.engine, utcnow(), 90))
    assert db.session.query(Outage).count() == 1
    db.session.rollback()
    finish(retention.expired(db.engine, utcnow() + timedelta(days=91), 90))
    assert db.session.query(Outage).count() == 0
