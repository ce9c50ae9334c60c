"""An event that is erased while its delivery is being sent again: `{}` is not sent."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests import factories
from tests.support.engine import deliveries
from tests.support.open_deliveries import arrange
from webhooks_app.deliveries import log, missed, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.send_again import hold_kept, send_again
from webhooks_app.engine.switching_off import disable, wait_again
from webhooks_app.events import erasure
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Event, Organisation, ReplayBatch, Subscription
from webhooks_app.notices.dashboard_notices import NoticeOf
from webhooks_app.subscriptions import service, switching


@pytest.fixture
def webhook(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, "https://receiver.example")


def erase(event_id: str) -> None:
    """As another request does."""
    with Session(db.engine) as session:
        erasure.erase(session, session.get_one(Event, event_id))


def then_erase(event_id: str, read: Callable[..., Any]) -> Callable[..., Any]:
    def read_and_erase(*args: Any) -> Any:
        found = read(*args)
        erase(event_id)
        return found

    return read_and_erase


def end_all() -> None:
    arrange(status="failed")


def replay(organisation: Organisation, filters: Filters) -> ReplayBatch:
    batch = replays.start(db.session(), factories.tenant(organisation), "a@b.example", filters)
    while replays.work(db.session(), batch.id):
        pass
    db.session.rollback()
    return db.session.get_one(ReplayBatch, batch.id, populate_existing=True)


def test_a_replay_of_many_leaves_it_out(
    organisation: Organisation, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased, kept = factories.accepted(organisation, factories.lead(), factories.lead())
    end_all()
    monkeypatch.setattr(replays, "_next", then_erase(erased.id, replays._next))
    batch = replay(organisation, Filters())
    assert (batch.replayed, batch.skipped) == (1, 1)
    assert [one.event_id for one in deliveries() if one.replay_of] == [kept.id]


def test_a_recovery_leaves_it_out(
    organisation: Organisation, webhook: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook_id = webhook.id
    db.session.rollback()
    with db.engine.begin() as connection:
        disable(connection, [webhook_id], "It failed for 5 days.")
    erased, kept = factories.accepted(organisation, factories.lead(), factories.lead())
    db.session.expire_all()
    switching.set_enabled(db.session(), webhook, True)
    monkeypatch.setattr(missed, "step", then_erase(erased.id, missed.step))
    assert replay(organisation, Filters(missing=True)).recovered == 1
    assert [one.event_id for one in deliveries()] == [kept.id]


def test_a_replay_of_one_is_refused(organisation: Organisation, webhook: Subscription) -> None:
    [event] = factories.accepted(organisation)
    end_all()
    delivery_id = db.session.scalars(select(Delivery.id)).one()
    logged = log.find_delivery(db.session(), factories.tenant(organisation), delivery_id)
    db.session.expunge(logged.event)
    db.session.rollback()
    erase(event.id)
    with pytest.raises(Conflict, match="was erased"):
        send_again(db.session(), logged)
    assert len(deliveries()) == 1


@pytest.mark.parametrize("how", ["send again", "undo"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_none_is_erased_until_the_transaction_ends(
    organisation: Organisation, webhook: Subscription, how: str
) -> None:
    [event] = factories.accepted(organisation)
    since = utcnow()
    service.delete_subscription(db.session(), webhook)
    about = NoticeOf(organisation.id, "live", webhook.id)
    db.session.rollback()
    if how == "undo":
        assert wait_again(db.session.connection(), about, since, utcnow())
    else:
        assert hold_kept(db.session(), [event.id]) == {event.id}
    nowait = select(Event).where(Event.id == event.id).with_for_update(nowait=True)
    with Session(db.engine) as other, pytest.raises(OperationalError):
        other.scalars(nowait).all()
    db.session.rollback()
