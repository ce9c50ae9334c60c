"""A row that cannot be read disables itself, says so, and breaks nothing else.

Junk in every JSON column, then every page, every GET of the API, matching, sending and every
periodic job.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, func, select, text

from tests import factories
from tests.support import reads
from tests.support.receiver import Receiver
from tests.web.conftest import PASSWORD, Person
from tests.web.test_permissions import pages
from webhooks_app.chat import service as chat
from webhooks_app.chat.repeats import ReportedMessage
from webhooks_app.chat.state import Speaker
from webhooks_app.deliveries import replays
from webhooks_app.digests.service import send_due
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    Attempt,
    ChatSettings,
    Conversation,
    Delivery,
    Notification,
    ObjectState,
    Organisation,
    ReplayBatch,
    Subscription,
)
from webhooks_app.models.shapes import JsonOf
from webhooks_app.operations.schedule import PERIODIC

# PostgreSQL keeps no text that is not JSON in a JSON column.
JUNK = {
    "sqlite": ('[{"a": [5]}]', "not json"),
    "postgresql": ('"text"', '{"a": {"b": 1}}'),
}
# JSON that is kept as text. The data of events is left out: it is checked before it is stored, and
# never changed.
TEXTS = {
    "attempts": ("request_headers", "response_headers"),
    "conversations": ("notes",),
    "event_types": ("sample", "schema"),
    "events": ("changed",),
    "inbox_requests": ("headers",),
    "object_states": ("data",),
}
TOUCH = "UPDATE organisations SET subscriptions_version = subscriptions_version + 1"
# Without these a subscription cannot be used as it was meant.
NEEDED = ("conditions", "event_types", "changed_fields", "retry_policy", "schedule", "email_to")


def columns() -> Iterator[tuple[str, str]]:
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, JsonOf) or column.name in TEXTS.get(table.name, ()):
                yield table.name, column.name


@dataclass
class World:
    """An organisation that uses everything."""

    app: Flask
    organisation: Organisation
    good: Subscription
    bad: Subscription
    person: FlaskClient
    token: str
    ids: dict[str, str]
    drain: Callable[[], None]

    def spoil(self, table: str, column: str, junk: str) -> None:
        """Written with SQL, past all checks. One subscription stays good."""
        only = f" WHERE id = '{self.bad.id}'" if table == "subscriptions" else ""
        kind = "text" if column in TEXTS.get(table, ()) or self.is_sqlite else "json"
        db.session.execute(
            text(f"UPDATE {table} SET {column} = CAST(:junk AS {kind}){only}"), {"junk": junk}
        )
        db.session.execute(text(TOUCH))
        db.session.commit()

    @property
    def is_sqlite(self) -> bool:
        return db.engine.dialect.name == "sqlite"

    def holds_anything(self, table: str, column: str) -> bool:
        found = db.session.scalar(text(f"SELECT count({column}) FROM {table}"))
        db.session.rollback()
        return bool(found)


@pytest.fixture
def world(app: Flask, client: FlaskClient, receiver: Receiver, drain: Callable[[], None]) -> World:
    targets = {endpoint: path for endpoint, method, path in pages(app) if method == "GET"}
    organisation = db.session.query(Organisation).filter_by(name="Acme").one()
    factories.member(organisation, factories.user("owner@people.example", PASSWORD))
    db.session.add(factories.device_log_in(organisation.id))
    types = ["lead.captured", "customer.updated"]
    good = factories.webhook(organisation, receiver.url, name="Good", event_types=types)
    bad = factories.action(
        organisation,
        receiver.url,
        name="Bad",
        event_types=types,
        conditions=[{"field": "id", "operator": "not_equals", "value": 5}],
        changed_fields=["name"],
        schedule={"frequency": "hourly"},
        email_to=["ada@example.com"],
    )
    now = utcnow()
    db.session.add(
        ChatSettings(
            organisation_id=organisation.id,
            escalation_patterns=["human"],
            appointment_patterns=[],
            regions={"bot_1": "SE"},
            updated_at=now,
        )
    )
    db.session.commit()
    tenant = factories.tenant(organisation)
    chat.hear(tenant, "bot_1", [message("c1", "Hello", id_="m1")], now)
    changed = factories.lead(type="customer.updated", data='{"id":1,"name":"Ada"}')
    factories.accepted(organisation, changed, changed, factories.lead(changed=("name",)))
    drain()
    delivered = db.session.scalars(
        select(Delivery.id).where(Delivery.subscription_id == good.id)
    ).first()
    assert db.session.scalars(select(Attempt)).first()
    assert db.session.scalars(select(ObjectState)).first()
    db.session.execute(text("UPDATE conversations SET ends_at = created_at"))
    db.session.commit()
    owner = Person(client).log_in("owner@people.example")
    last = {name: path.rstrip("/").rpartition("/")[2] for name, path in targets.items()}
    ids = {
        "delivery_id": str(delivered),
        "event_id": last["events.show"],
        "batch_id": last["replays.show"],
        "token": targets["inbox.show"].rpartition("/")[2],
        "request_id": last.get("inbox.request", ""),
        "simulation_id": last["simulator.show"],
        "mail_id": "",
        "name": "order.paid",
        "chatbot_id": "bot_1",
        "actions.subscription_id": bad.id,
        "webhooks.subscription_id": good.id,
        "webhook_id": good.id,
    }
    token = factories.api_key(organisation)
    return World(app, organisation, good, bad, owner.client, token, ids, drain)


def message(conversation: str, said: str, id_: str | None = None) -> ReportedMessage:
    return ReportedMessage(conversation, Speaker.VISITOR, said, utcnow(), id_)


def use_everything(world: World, spoilt: str) -> None:
    organisation, now = world.organisation, utcnow()
    tenant = factories.tenant(organisation)
    before = delivered_to(world.good)
    update = factories.lead(type="customer.updated", data='{"id":1,"name":"Bob"}')
    accepted = factories.accepted(organisation, factories.lead(), update)
    assert all(one.deliveries for one in accepted)
    db.session.rollback()
    heard = chat.hear(
        tenant, "bot_1", [message("c1", "a human, please"), message(new_id("c"), "Hi")], now
    )
    assert heard[1].events
    db.session.rollback()
    for periodic in PERIODIC:
        module, _, name = periodic.job.rpartition(".")
        getattr(import_module(module), name)()
        db.session.rollback()
    for batch_id in list(db.session.scalars(select(ReplayBatch.id))):
        replays.work(db.session(), batch_id)
        db.session.rollback()
    world.drain()
    assert delivered_to(world.good) >= before + 2
    still = db.session.scalars(select(Conversation.ends_at).where(Conversation.ends_at <= now))
    assert not list(still)
    db.session.rollback()
    token = factories.api_key(organisation) if spoilt == "api_keys" else world.token
    assert reads.failing(world.app, world.person, token, world.ids) == []


def delivered_to(subscription: Subscription) -> int:
    db.session.rollback()
    query = select(func.count()).where(
        Delivery.subscription_id == subscription.id, Delivery.status == "delivered"
    )
    return db.session.scalar(query) or 0


def told(world: World) -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Notification.title)))


@pytest.mark.parametrize(("table", "column"), list(columns()))
def test_junk_in_a_column_takes_nothing_down(world: World, table: str, column: str) -> None:
    assert world.holds_anything(table, column) or (table, column) == ("event_types", "schema")
    for junk in JUNK[db.engine.dialect.name]:
        world.spoil(table, column, junk)
        use_everything(world, table)


@pytest.mark.parametrize("column", NEEDED)
def test_a_subscription_that_cannot_be_read_is_switched_off_and_says_so(
    world: World, column: str
) -> None:
    world.spoil("subscriptions", column, '{"a": [null]}')
    if column == "schedule":
        world.bad.channel = "email"
        db.session.commit()
        send_due(db.engine, utcnow())
    factories.accepted(world.organisation)
    db.session.expire_all()
    bad, good = db.session.get_one(Subscription, world.bad.id), world.good
    assert (bad.enabled, good.enabled) == (False, True)
    assert "can no longer be read" in (bad.disabled_reason or "")
    assert "Bad was switched off" in told(world)
    page = world.person.get(f"/actions/{bad.id}").text
    assert "be read" in page


def test_chat_settings_that_cannot_be_read_are_told_and_the_defaults_listen(world: World) -> None:
    tenant = factories.tenant(world.organisation)
    for junk in ("5", '["("]'):
        world.spoil("chat_settings", "escalation_patterns", junk)
        heard = chat.hear(tenant, "bot_2", [message(junk, "talk to a human")], utcnow())
        assert "escalation.requested" in [event.type for event in heard[0].events]
    assert told(world).count("Chats: the settings cannot be read") == 1


@pytest.mark.parametrize("column", ["filters", "delivery_ids"])
def test_a_replay_that_cannot_be_read_replays_nothing(world: World, column: str) -> None:
    world.spoil("replay_batches", column, "5")
    [batch_id] = db.session.scalars(select(ReplayBatch.id))
    db.session.rollback()
    assert not replays.work(db.session(), batch_id)
    db.session.rollback()
    batch = db.session.get_one(ReplayBatch, batch_id)
    assert (batch.status, batch.replayed) == ("cancelled", 0)
    assert "A replay was cancelled" in told(world)


def test_an_event_type_that_cannot_be_read_says_so(world: World) -> None:
    world.spoil("event_types", "sample", "not json")
    assert "can no longer be read" in world.person.get("/event-types/order.paid").text


def test_the_walk_knows_every_json_column() -> None:
    """A plain JSON column would be read without a shape."""
    found = set(columns())
    assert len(found) > 18
    for table in db.metadata.sorted_tables:
        assert not [name for name in _plain(table) if (table.name, name) not in found]


def _plain(table: Table) -> list[Any]:
    from sqlalchemy import JSON

    return [column.name for column in table.columns if isinstance(column.type, JSON)]
