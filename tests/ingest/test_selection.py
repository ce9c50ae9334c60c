"""Matching happens before the transaction, separately for each organisation and within a budget."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests import factories
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.chat.repeats import ReportedMessage
from webhooks_app.chat.report import report
from webhooks_app.chat.state import Speaker
from webhooks_app.extensions import db
from webhooks_app.ingest import selection
from webhooks_app.ingest.accept import accept
from webhooks_app.ingest.group_commit import GroupCommit
from webhooks_app.lib.errors import Busy
from webhooks_app.lib.times import utcnow
from webhooks_app.matching import lanes
from webhooks_app.matching.incoming import Accepted
from webhooks_app.matching.operators import Pattern
from webhooks_app.models import Delivery, Event, Notification, Organisation, Subscription

URL = "https://a.example/hook"
LONG = "x" * 16_000
# Cheap on such a text, but its program is large, so it counts as costly.
LARGE = "a.{0,80}b"


def condition(pattern: str, field: str = "name") -> dict[str, Any]:
    return {"field": field, "operator": "matches", "value": pattern}


def text(name: str, **more: Any) -> Any:
    return factories.lead(data=f'{{"name":"{name}"}}', **more)


def told(organisation: Organisation) -> set[str]:
    """The names of the subscriptions that have a delivery."""
    db.session.rollback()
    query = (
        select(Subscription.name)
        .join(Delivery, Delivery.subscription_id == Subscription.id)
        .where(Subscription.organisation_id == organisation.id)
    )
    return set(db.session.scalars(query))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> "Slow":
    return Slow(monkeypatch)


class Slow:
    """The pattern `slow` waits for `go_on`; `began` is set once it is looked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.go_on = Signal(), Signal()
        self.during: Callable[[], None] = lambda: None
        found_in = Pattern.found_in

        def wait(pattern: Pattern, text: str) -> bool:
            if pattern.regex.pattern == "slow":
                self.during()
                self.began.set()
                assert self.go_on.wait(30)
            return found_in(pattern, text)

        monkeypatch.setattr(Pattern, "found_in", wait)


def in_a_thread(work: Callable[[], list[Accepted]]) -> Future[list[Accepted]]:
    threads = ThreadPoolExecutor(1)
    future = threads.submit(work)
    threads.shutdown(wait=False)
    return future


@pytest.mark.parametrize("batch", [False, True])
def test_a_slow_pattern_of_one_organisation_holds_up_no_other(
    app: Flask, slow: Slow, batch: bool
) -> None:
    ours, theirs = factories.organisation(), factories.organisation("Others")
    factories.webhook(ours, URL, conditions=[condition("slow")])
    factories.webhook(theirs, URL)
    one, other = factories.tenant(ours), factories.tenant(theirs)
    gathering = GroupCommit(db.engine, lambda: None)
    database = db.engine

    def work() -> list[Accepted]:
        if batch:
            return accept(database, one, [text("slow")])
        return [gathering.accept(one, text("slow"))]

    future = in_a_thread(work)
    assert slow.began.wait(30)
    assert gathering.accept(other, text("quick")).deliveries == 1
    assert accept(database, other, [text("quick")])[0].deliveries == 1
    factories.organisation("Writers wait for nobody")
    assert not future.done()
    slow.go_on.set()
    assert future.result(PATIENCE)[0].deliveries == 1


@pytest.mark.parametrize("batch", [False, True])
def test_what_changes_while_an_event_is_matched_counts(app: Flask, slow: Slow, batch: bool) -> None:
    """One delivery for each subscription that matched when the event was accepted."""
    organisation = factories.organisation()
    factories.webhook(organisation, URL, name="Slow", conditions=[condition("slow")])
    gone = factories.webhook(organisation, URL, name="Off by then")
    one, database = factories.tenant(organisation), db.engine
    gathering = GroupCommit(database, lambda: None)

    def work() -> list[Accepted]:
        if batch:
            return accept(database, one, [text("slow")])
        return [gathering.accept(one, text("slow"))]

    future = in_a_thread(work)
    assert slow.began.wait(30)
    gone.enabled = False
    factories.webhook(organisation, URL, name="New")
    slow.go_on.set()
    assert future.result(PATIENCE)[0].deliveries == 2
    assert told(organisation) == {"Slow", "New"}


@pytest.mark.parametrize("batch", [False, True])
def test_an_event_is_accepted_though_subscriptions_change_all_the_time(
    app: Flask, slow: Slow, batch: bool
) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, URL, conditions=[condition("slow")])
    one, database = factories.tenant(organisation), db.engine
    slow.go_on.set()
    changes = 0

    def change() -> None:
        nonlocal changes
        if changes < 3:
            changes += 1
            factories.webhook(organisation, URL, name=f"New {changes}")

    slow.during = change
    gathering = GroupCommit(database, lambda: None)
    if batch:
        [accepted] = accept(database, one, [text("slow")])
    else:
        accepted = gathering.accept(one, text("slow"))
    assert changes == 3
    assert accepted.deliveries == 4


def test_what_costs_too_much_counts_as_not_matched_and_is_told_once(app: Flask) -> None:
    organisation = factories.organisation()
    costly = [condition(f"{LARGE}{n}") for n in range(20)]
    for name in ("One", "Two"):
        factories.webhook(organisation, URL, name=name, conditions=costly, match="any")
    factories.webhook(organisation, URL, name="Cheap", conditions=[condition("x")])
    factories.webhook(organisation, URL, name="None")
    first, second = (factories.accepted(organisation, text(LONG))[0] for _ in range(2))
    assert first.deliveries == second.deliveries == 2
    assert told(organisation) == {"Cheap", "None"}
    assert factories.event_of(first).untried == 1
    assert factories.event_of(second).untried == 1
    [notice] = db.session.scalars(select(Notification))
    assert notice.kind == "conditions_untried"
    assert notice.title == "Two: conditions were not tried"
    [short] = factories.accepted(organisation, text("x"))
    assert factories.event_of(short).untried is None


def test_an_accepted_event_stays_accepted_when_nobody_can_be_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = factories.organisation()
    costly = [condition(f"{LARGE}{n}") for n in range(20)]
    for _ in range(2):
        factories.webhook(organisation, URL, conditions=costly, match="any")

    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))

    monkeypatch.setattr(selection, "notify_untried", away)
    [accepted] = factories.accepted(organisation, text(LONG))
    assert factories.event_of(accepted).untried == 1


def test_an_event_of_a_batch_leaves_something_for_the_next(app: Flask) -> None:
    organisation = factories.organisation()
    costly = [condition(f"{LARGE}{n}") for n in range(20)]
    factories.webhook(organisation, URL, name="Costly", conditions=costly, match="any")
    factories.webhook(organisation, URL, name="Cheap", conditions=[condition("x")])
    events = [text(LONG), *(text("x") for _ in range(9))]
    assert [one.deliveries for one in factories.accepted(organisation, *events)] == [1] * 10


def test_costly_events_of_a_chat_are_matched_before_its_conversation_is_locked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation = factories.organisation()
    conditions = [condition(f"x.{{0,{80 + n}}}x", "reply") for n in range(7)]
    factories.webhook(
        organisation,
        URL,
        name="Costly",
        event_types=["message.received"],
        conditions=conditions,
    )
    locked: list[bool] = []
    found_in, database = Pattern.found_in, db.engine

    def probe(pattern: Pattern, text: str) -> bool:
        locked.append(database.pool.checkedout() > 0)  # type: ignore[attr-defined]
        return found_in(pattern, text)

    db.session.rollback()
    tenant, now = factories.tenant(organisation), utcnow()
    messages = [
        ReportedMessage("conv", Speaker.VISITOR, "Hello", now - timedelta(minutes=1)),
        ReportedMessage("conv", Speaker.ASSISTANT, LONG, now),
    ]
    db.session.remove()
    monkeypatch.setattr(Pattern, "found_in", probe)
    report(database, tenant, "bot_1", messages, now)
    costly = len(conditions)
    assert locked[-costly:] == [False] * costly
    assert locked.count(True) < costly
    assert told(organisation) == {"Costly"}
    db.session.rollback()
    assert set(db.session.scalars(select(Event.untried))) == {None}


def test_an_organisation_does_one_piece_of_costly_work_at_a_time() -> None:
    inside, leave = Signal(), Signal()
    entered: list[str] = []

    def work(organisation_id: str) -> None:
        with lanes.lane(organisation_id):
            entered.append(organisation_id)
            inside.set()
            assert leave.wait(30)

    with ThreadPoolExecutor(lanes.MOST_WAITING + 1) as threads:
        working = [threads.submit(work, "org_1") for _ in range(lanes.MOST_WAITING + 1)]
        assert inside.wait(30)
        wait_until(lambda: lanes.users("org_1") > lanes.MOST_WAITING, 30)
        with pytest.raises(Busy), lanes.lane("org_1"):
            pass
        assert entered == ["org_1"]
        with lanes.lane("org_2"):
            pass
        leave.set()
        for one in working:
            one.result(PATIENCE)
    assert lanes.users("org_1") == 0
