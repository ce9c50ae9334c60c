"""Everything accepted with 202 can be sent in every format, mailed, digested, shown and read."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests import factories
from tests.api.conftest import Api
from tests.support import reads
from tests.support.receiver import Receiver
from tests.web.conftest import PASSWORD, Person
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.digests import service as digests
from webhooks_app.digests.schedule import parse_schedule
from webhooks_app.extensions import db
from webhooks_app.lib.times import time_zones, utcnow
from webhooks_app.matching.operators import OPERATORS
from webhooks_app.models import Delivery, Event, Organisation, Subscription
from webhooks_app.subscriptions import preview
from webhooks_app.subscriptions.spec import AnySpec, WebhookSpec

TYPES = ("lead.captured", "lead.updated", "customer.updated", "message.received", "order.paid")
# Formats whose bodies contain the unchanged data.
ENVELOPES = set(FORMATS) - {"slack", "discord", "teams", "pollybot"}
ODD = (
    "\x00",
    "\u202e\u2066",
    "\ud83d\ude00",
    "😀",
    "=?utf-8?b?eA==?=",
    "é" * 100,
    "a\r\nBcc: x@example.com",
    "\ud800",
    "x\udfff",
    "<b>{{ name }}</b>",
    "2026-03-02T10:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-12:00",
    "ada@example.com",
    "+46 70 123 45 67",
    "",
)
KEYS = st.text(max_size=8) | st.sampled_from(
    ("email", "name", "lead", "visitor", "id", "status", "a.b", "phone", "tags", "customer", *ODD)
)
NUMBERS = st.one_of(
    st.integers().map(str),
    st.integers(1, 4400).map(lambda digits: "9" * digits),
    st.integers(300, 320).map(lambda digits: f"-{'1' * digits}.0"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(
        ("1.10", "1E5", "-0.0", "-0", "1e308", "1e309", "1e-400", "9223372036854775808", "1e400")
    ),
)
TEXTS = (st.text(max_size=20) | st.sampled_from(ODD)).map(json.dumps)
DEEP = st.integers(1, 110).map(lambda levels: "[" * levels + "]" * levels)
VALUES = st.recursive(
    NUMBERS | TEXTS | st.sampled_from(("true", "false", "null")) | DEEP,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda some: f"[{', '.join(some)}]")
        | st.lists(st.tuples(KEYS, inner), max_size=4).map(lambda some: written(some))
    ),
    max_leaves=10,
)
OFFSETS = st.one_of(
    st.sampled_from(("Z", "z", "-00:00", "+23:59", "-23:59")),
    st.tuples(st.sampled_from("+-"), st.integers(0, 23), st.integers(0, 59)).map(
        lambda parts: f"{parts[0]}{parts[1]:02}:{parts[2]:02}"
    ),
)
MOMENTS = st.builds(
    lambda year, rest, digits, offset: f"{year:04}-{rest}{digits}{offset}",
    st.sampled_from((0, 1, 2, 999, 1582, 1900, 1970, 2026, 9998, 9999)) | st.integers(0, 9999),
    st.sampled_from(("01-01T00:00:00", "12-31T23:59:59", "02-28t12:00:00", "06-30T23:59:60")),
    st.sampled_from(("", ".1", ".123456789")),
    OFFSETS,
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(TYPES).map(json.dumps),
        "data": st.lists(st.tuples(KEYS, VALUES), max_size=6).map(lambda some: written(some)),
    },
    optional={
        "timestamp": MOMENTS.map(json.dumps),
        "subject": st.sampled_from((("chatbot", "bot_1"), ("room", "é\u202e/ {}"))).map(
            lambda pair: json.dumps({"type": pair[0], "id": pair[1]})
        ),
        "changed": st.lists(KEYS.filter(bool), max_size=3).map(json.dumps),
    },
)
ZONES = st.sampled_from(("Asia/Manila", "America/Juneau", "Pacific/Kiritimati", "UTC")) | (
    st.sampled_from(sorted(time_zones()))
)
SUBJECT = "{{ name }} {{ lead.email }} {{ tags.name }} {{ data.a.b }} {{ timestamp }}"


def written(members: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}:{value}" for name, value in members) + "}"


def conditions() -> list[dict[str, Any]]:
    values: dict[str, Any] = {"one_of": ["Ada", 1e19, True], "matches": "(?i)a.*b"}
    fields = ("name", "email", "tags.name", "lead.id", "timestamp")
    return [
        {"field": fields[index % len(fields)], "operator": operator}
        | ({} if operator.endswith("exists") else {"value": values.get(operator, "9" * 400)})
        for index, operator in enumerate(OPERATORS)
    ]


def spec_of(event_type: str) -> AnySpec:
    asked = {"event_types": [event_type], "conditions": conditions(), "match": "any"}
    return msgspec.convert({"name": "x", "url": "https://a.example", **asked}, WebhookSpec)


@pytest.fixture
def organisation(app: Flask, receiver: Receiver) -> Organisation:
    """With every option."""
    organisation = factories.organisation()
    factories.member(organisation, factories.user("owner@people.example", PASSWORD))
    factories.event_type(organisation)
    for name in FORMATS:
        factories.webhook(
            organisation, receiver.url, name=name, wire_format=name, event_types=list(TYPES)
        )
    for match in ("all", "any"):
        factories.webhook(
            organisation,
            receiver.url,
            name=match,
            event_types=list(TYPES),
            conditions=conditions(),
            match=match,
            changed_fields=["name", "a.b"],
        )
    email = {"channel": "email", "email_to": ["ada@example.com"], "event_types": list(TYPES)}
    factories.action(organisation, "", name="Mail", email_subject=SUBJECT, **email)
    return organisation


@pytest.fixture
def works(
    app: Flask,
    organisation: Organisation,
    receiver: Receiver,
    drain: Callable[[], None],
) -> Callable[[dict[str, str], str], None]:
    """Report the event; if it is accepted, use it in every way."""
    api = Api(app.test_client(), factories.api_key(organisation))
    owner = Person(app.test_client()).log_in("owner@people.example")
    tenant, organisation_id = factories.tenant(organisation), organisation.id
    turns = count()  # each time, the pages of other deliveries are read

    def check(event: dict[str, str], zone: str) -> None:
        db.session.execute(update(Organisation).values(time_zone=zone))
        db.session.commit()
        body = "{" + ", ".join(f'"{name}":{value}' for name, value in event.items()) + "}"
        response = api.post("/events", data=body.encode(), content_type="application/json")
        if response.status_code != 202:
            assert response.status_code in (400, 422), response.text
            assert all(fault["pointer"] for fault in response.get_json()["errors"])
            return
        receiver.received.clear()
        drain()
        db.session.rollback()
        stored = db.session.get_one(Event, response.get_json()["id"])
        assert stored.data == event["data"]
        sent = db.session.execute(
            select(Delivery, Subscription)
            .join(Subscription, Subscription.id == Delivery.subscription_id)
            .where(Delivery.event_id == stored.id)
            .order_by(Subscription.name)
        ).all()
        assert {row.status for row, _ in sent} == {"delivered"}, [row.error for row, _ in sent]
        assert len(sent) >= len(FORMATS) + 1
        data = event["data"].encode()
        assert sum(data in one.body for one in receiver.received) >= len(ENVELOPES)
        for one in receiver.received:
            assert isinstance(msgspec.json.decode(one.body), dict)
        _digested(tenant)
        found = preview.of(db.session(), tenant, spec_of(stored.type))
        assert found.problem is None
        read = partial(reads.failing, app, owner.client, api.token)
        assert read({"event_id": stored.id}, "deliveries. events. api.") == []
        for row, _ in sent[next(turns) % 4 :: 4]:
            assert read({"delivery_id": row.id}, about="delivery_id") == []

    def _digested(tenant: Any) -> None:
        told = digests.Told(tenant, "Acme", "Digest", None)
        zone = db.session.get_one(Organisation, organisation_id).time_zone
        schedule = parse_schedule({"frequency": "daily"}, zone)
        tomorrow = utcnow() + timedelta(days=2)
        digests.send_one(db.session(), told, schedule, "ada@example.com", tomorrow)

    return check


@given(event=EVENTS, zone=ZONES)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_accepted_works(
    works: Callable[[dict[str, str], str], None], event: dict[str, str], zone: str
) -> None:
    works(event, zone)


@pytest.mark.parametrize(
    "event",
    [
        {"type": '"lead.captured"', "data": '{"ref":%s}' % ("9" * 309)},
        {"type": '"lead.captured"', "data": '{"email":%s}' % ("9" * 4300)},
        {"type": '"order.paid"', "data": '{"ref":[1e308, -0.0, 1.10, 9223372036854775808]}'},
        {"type": '"lead.captured"', "data": "{}", "timestamp": '"0001-01-02T00:00:00Z"'},
        {"type": '"lead.captured"', "data": "{}", "timestamp": '"9999-12-30T23:59:59Z"'},
        {"type": '"customer.updated"', "data": '{"id":1}', "timestamp": '"0999-01-01T00:00:00Z"'},
        {"type": '"lead.captured"', "data": '{"email":"a\\u0000","name":"\\ud83d\\ude00"}'},
    ],
)
def test_what_once_failed_works(
    works: Callable[[dict[str, str], str], None], event: dict[str, str]
) -> None:
    for zone in ("Asia/Manila", "America/Juneau"):
        works(event, zone)
