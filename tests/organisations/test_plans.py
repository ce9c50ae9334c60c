"""What plans include, and where their limits apply: pages, API, ingest, retention."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from tests import factories
from tests.api.conftest import URL, Api, kind, stored
from tests.support.filling import fill, id_at
from tests.support.open_deliveries import arrange
from tests.support.slices import finish
from tests.web.conftest import Person, person
from webhooks_app.chat import service as chat
from webhooks_app.chat.service import ReportedMessage, Speaker
from webhooks_app.deliveries.retention import expired_of
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.rate import Rates
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    ChatMessage,
    Conversation,
    Delivery,
    Event,
    Organisation,
    Outage,
    ReplayBatch,
    Subscription,
)
from webhooks_app.operations.integrity_check import audit
from webhooks_app.organisations import plans
from webhooks_app.organisations.plans import PLANS, Plan

__all__ = ["person"]

OPERATING = (Path(__file__).parents[2] / "docs/operating.md").read_text()
SMALL = Plan("small", "Small", 1, 2, 1, events_per_minute=3, retention_days=7)
LARGE = Plan("large", "Large", 9, 9, 9, events_per_minute=9, retention_days=9)


@pytest.fixture
def organisation(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """On a plan with one action, two webhooks, one event type, three events a minute, 7 days."""
    monkeypatch.setattr(plans, "PLANS", {"small": SMALL, "large": LARGE, **PLANS})
    organisation = factories.organisation()
    organisation.plan = "small"
    db.session.commit()
    return organisation


@pytest.fixture
def api(client: FlaskClient, organisation: Organisation) -> Api:
    return Api(client, factories.api_key(organisation))


@pytest.fixture
def owner(organisation: Organisation, person: Callable[..., Person]) -> Person:
    return person("owner", organisation)


def form(**more: Any) -> dict[str, Any]:
    fields = {"name": "A", "url": URL, "event_types": "lead.captured", "scope_type": ""}
    sending = {"match": "all", "wire_format": "standard", "retry_policy": "pivot", "save": "Save"}
    return fields | sending | more


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Subscription)) or 0


@pytest.mark.parametrize("plan", PLANS.values(), ids=lambda plan: plan.name)
def test_every_plan_is_documented(plan: Plan) -> None:
    [line] = [line for line in OPERATING.splitlines() if line.startswith(f"| `{plan.name}`")]
    numbers = (plan.actions, plan.webhooks, plan.event_types, plan.events_per_minute)
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    if plan is plans.SELF_HOSTED:
        assert {*numbers, plan.retention_days} == {None}
    else:
        assert cells[:4] == [f"{number:,}" if number else "none" for number in numbers]
        assert cells[4] == f"{plan.retention_days} days"


def test_a_larger_plan_has_no_less() -> None:
    *sold, last = PLANS.values()
    assert last is plans.SELF_HOSTED
    for what in (*plans.NOUNS, "events_per_minute", "retention_days"):
        limits = [getattr(plan, what) for plan in sold]
        assert limits == sorted(limits)


def test_actions_begin_with_starter_and_webhooks_with_premium() -> None:
    """As in the documents of Pivra ("What are Actions?") and Inqyra ("Premium Feature")."""
    assert [name for name, plan in PLANS.items() if plan.actions == 0] == ["free"]
    assert [name for name, plan in PLANS.items() if plan.webhooks == 0] == ["free", "starter"]


def test_without_a_plan_there_is_no_limit(app: Flask) -> None:
    organisation = factories.organisation()
    for what in plans.NOUNS:
        assert plans.room_for(db.session(), organisation.id, what) is None
    organisation.plan = "one of last year"
    assert plans.room_for(db.session(), organisation.id, "actions") is None


def test_the_api_says_which_plan_has_more(api: Api, organisation: Organisation) -> None:
    test_mode = Api(api.client, factories.api_key(organisation, mode="test"))
    first = api.webhook()
    test_mode.webhook()
    refused = api.post("/webhooks", {"name": "A", "url": URL, "event_types": ["lead.captured"]})
    assert (refused.status_code, kind(refused)) == (403, "plan-limit")
    assert refused.get_json()["detail"] == (
        "Your plan, Small, has 2 webhooks, and all are in use. Large has 9."
    )
    pollybot = {"name": "A", "url": URL, "eventTypes": ["LEAD_CREATED"]}
    assert kind(api.post("/chatbots/bot_1/webhooks", pollybot)) == "plan-limit"
    assert rows() == 2
    api("DELETE", f"/webhooks/{first['id']}")
    api.webhook()


def test_the_largest_plan_names_no_other(organisation: Organisation) -> None:
    organisation.plan = "free"
    db.session.commit()
    room = plans.room_for(db.session(), organisation.id, "webhooks")
    assert room is not None
    assert room.sentence.startswith("Your plan, Free, has no webhooks. ")
    last = plans.Quota(PLANS["premium"], "actions", 100, 100)
    assert last.sentence == "Your plan, Premium, has 100 actions, and all are in use."


def test_pages_say_so_before_and_after(owner: Person) -> None:
    assert "Your plan" not in owner.get("/actions/").text
    assert "Your plan" not in owner.get("/actions/new").text
    assert owner.post("/actions/new", **form()).status_code == 302
    full = "Your plan, Small, has 1 actions, and all are in use. Large has 9."
    assert full in owner.get("/actions/").text
    assert full in owner.get("/actions/new").text
    assert "Your plan" not in owner.get("/webhooks/").text
    refused = owner.post("/actions/new", **form())
    assert refused.status_code == 403
    assert full in refused.text
    row = db.session.query(Subscription).one()
    assert owner.post(f"/actions/{row.id}/duplicate").status_code == 403
    assert "Your plan" not in owner.get(f"/actions/{row.id}/edit").text
    assert rows() == 1


def test_what_is_there_stays_and_can_be_changed(owner: Person, organisation: Organisation) -> None:
    made = [factories.webhook(organisation, URL) for _ in range(4)]
    path = f"/webhooks/{made[0].id}"
    owner.get(f"{path}/edit")
    assert owner.post(f"{path}/edit", **form(name="Renamed")).status_code == 302
    assert owner.post(f"{path}/toggle", enabled="0").status_code == 302
    assert owner.post(f"{path}/toggle", enabled="1").status_code == 302
    assert factories.accepted(organisation)[0].deliveries == 4


def test_own_event_types_are_counted(api: Api, owner: Person) -> None:
    assert api.post("/event-types", {"name": "order.paid", "sample": {}}).status_code == 201
    assert kind(api.post("/event-types", {"name": "order.lost", "sample": {}})) == "plan-limit"
    page = owner.get("/event-types/new").text
    assert "has 1 event types of your own, and all are in use" in page


def test_events_are_counted_by_the_minute(api: Api) -> None:
    first = api.event()
    assert (first.status_code, first.headers["X-RateLimit-Limit"]) == (202, "3")
    batch = {"events": [{"type": "lead.captured", "data": {}}] * 3}
    refused = api.post("/events/batch", batch)
    assert (refused.status_code, kind(refused)) == (429, "too-many-requests")
    assert "The plan Small allows 3 events a minute. Try again in" in refused.get_json()["detail"]
    assert int(refused.headers["Retry-After"]) > 0
    batch["events"].pop()
    assert api.post("/events/batch", batch).status_code == 202
    assert api.event().status_code == 429
    assert stored() == (3, 0)


def test_a_batch_that_never_fits_is_told_so(api: Api) -> None:
    refused = api.post("/events/batch", {"events": [{"type": "lead.captured", "data": {}}] * 4})
    assert refused.get_json()["detail"].endswith("Send at most 3 at once.")
    assert api.event().status_code == 202


def test_live_and_test_share_the_events_of_a_plan(api: Api, organisation: Organisation) -> None:
    test_mode = Api(api.client, factories.api_key(organisation, mode="test"))
    assert [one.event().status_code for one in (api, test_mode, api, test_mode)] == [
        *(202, 202, 202, 429)
    ]


def test_all_or_nothing_is_spent() -> None:
    rates = Rates()
    assert not rates.spend("3 per minute", 2, "a").exceeded
    assert rates.spend("3 per minute", 2, "a").exceeded
    assert rates.spend("3 per minute", 1, "a").remaining == 0
    assert not rates.spend("3 per minute", 3, "b").exceeded


def left() -> dict[str, int]:
    counts = {
        model.__tablename__: db.session.scalar(select(func.count()).select_from(model)) or 0
        for model in (Event, Delivery, Attempt)
    }
    db.session.rollback()
    return counts


def delivered(organisation: Organisation, drain: Callable[[], None], days_ago: int) -> str:
    """An event of that time with its deliveries and attempts; returns its id."""
    [accepted] = factories.accepted(organisation)
    drain()
    then = utcnow() - timedelta(days=days_ago)
    age(accepted.id, then)
    return floor_id("evt", then.timestamp())


def age(event_id: str, then: datetime) -> None:
    """Ids sort by time, so what is old has an old id."""
    deliveries = select(Delivery.id).where(Delivery.event_id == event_id)
    for number, delivery_id in enumerate(db.session.scalars(deliveries).all()):
        old = floor_id("msg", then.timestamp() + number)
        for column in (Attempt.delivery_id, Delivery.id):
            table = column.class_
            db.session.execute(update(table).where(column == delivery_id).values({column.key: old}))
    old_event = floor_id("evt", then.timestamp())
    db.session.execute(
        update(Delivery).where(Delivery.event_id == event_id).values(event_id=old_event)
    )
    db.session.execute(update(Event).where(Event.id == event_id).values(id=old_event))
    db.session.commit()


@pytest.fixture
def receivers(organisation: Organisation, receiver: Any) -> list[Subscription]:
    return [factories.webhook(organisation, receiver.url) for _ in range(2)]


def test_a_plan_forgets_whole_events_of_its_organisation(
    organisation: Organisation, receivers: list[Subscription], receiver: Any, drain: Any
) -> None:
    others = factories.organisation("Others")
    factories.webhook(others, receiver.url)
    delivered(organisation, drain, days_ago=8)
    delivered(organisation, drain, days_ago=6)
    delivered(others, drain, days_ago=8)
    assert left() == {"events": 3, "deliveries": 5, "attempts": 5}
    upkeep.delete_expired()
    assert left() == {"events": 2, "deliveries": 3, "attempts": 3}
    assert audit(db.engine, 90).ok
    upkeep.delete_expired()
    assert left()["events"] == 2


def test_what_waits_keeps_its_event_and_all_of_it(
    organisation: Organisation, receivers: list[Subscription], drain: Any
) -> None:
    event_id = delivered(organisation, drain, days_ago=8)
    waiting = select(Delivery.id).where(Delivery.event_id == event_id).limit(1)
    parts = list(expired_of(db.engine, organisation.id, utcnow(), 7))
    arrange(Delivery.id.in_(waiting.scalar_subquery()), status="retrying")
    assert finish(parts) == 0
    assert left() == {"events": 1, "deliveries": 2, "attempts": 2}


def test_what_was_sent_again_lately_keeps_it_too(
    organisation: Organisation, receivers: list[Subscription], drain: Any
) -> None:
    event_id = delivered(organisation, drain, days_ago=8)
    again = select(Delivery.id).where(Delivery.event_id == event_id).limit(1)
    db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(again.scalar_subquery()))
        .values(trigger="replay", id=floor_id("msg", utcnow().timestamp()))
    )
    db.session.commit()
    assert finish(expired_of(db.engine, organisation.id, utcnow(), 7)) == 0
    assert left()["deliveries"] == 2


def test_replays_and_outages_are_forgotten_too(organisation: Organisation) -> None:
    """A replay that still runs stays."""
    others, old, new = factories.organisation("Others"), utcnow() - timedelta(days=8), utcnow()
    for one in (organisation, others):
        own = {"organisation_id": one.id, "mode": "live"}
        webhook = factories.webhook(one, "https://a.example")
        outage = {"subscription_id": webhook.id, **own}
        fill(Outage, old, [{"id": id_at("out", moment), **outage} for moment in (old, new)])
        ends = ((old, old), (old, None), (new, new))
        batches = [
            {
                "id": id_at("rpl", made),
                "status": "finished" if ended else "running",
                "finished_at": ended,
                **own,
            }
            for made, ended in ends
        ]
        fill(ReplayBatch, old, batches)
    finish(expired_of(db.engine, organisation.id, utcnow(), 7))

    def kept(table: type[Outage | ReplayBatch], one: Organisation) -> int | None:
        return db.session.scalar(select(func.count(table.id)).filter_by(organisation_id=one.id))

    assert (kept(Outage, organisation), kept(Outage, others)) == (1, 2)
    assert (kept(ReplayBatch, organisation), kept(ReplayBatch, others)) == (2, 3)
    db.session.rollback()


def test_conversations_that_are_over_are_forgotten_with_their_messages(
    organisation: Organisation,
) -> None:
    others = factories.organisation("Others")
    for tenant in (factories.tenant(organisation), factories.tenant(others)):
        for conversation, last in (("over", Speaker.AGENT), ("open", Speaker.VISITOR)):
            said = ReportedMessage(conversation, last, "Hello", utcnow(), "message", None)
            chat.hear(tenant, "bot_1", [said], utcnow())
    now, own, other = utcnow() + timedelta(days=8), organisation.id, others.id
    db.session.rollback()
    finish(expired_of(db.engine, own, now - timedelta(days=2), 7))
    assert db.session.scalar(select(func.count(ChatMessage.id))) == 4
    db.session.rollback()
    finish(expired_of(db.engine, own, now, 7))
    kept = select(Conversation.organisation_id, Conversation.conversation_id)
    db.session.rollback()
    assert sorted(map(tuple, db.session.execute(kept))) == sorted(
        [(own, "open"), (other, "over"), (other, "open")]
    )
    assert db.session.scalar(select(func.count(ChatMessage.id))) == 3
    db.session.rollback()


def test_more_than_one_batch_is_forgotten(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, drain: Any
) -> None:
    monkeypatch.setattr("webhooks_app.operations.slices.FIRST", 2)
    for days_ago in range(8, 13):
        delivered(organisation, drain, days_ago)
    assert finish(expired_of(db.engine, organisation.id, utcnow(), 7)) == 5
    assert left()["events"] == 0
