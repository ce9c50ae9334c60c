"""What inboxes keep and delete, and how they read what they got."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.inbox import inboxes as service
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.inbox import secrets as inbox_secrets
from webhooks_app.inbox.payloads import event_name, laid_out, lead_of, pretty
from webhooks_app.inbox.requests import Answered, Received
from webhooks_app.inbox.secrets import secrets_of
from webhooks_app.jobs import upkeep
from webhooks_app.lib import ids
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, Inbox, InboxRequest, Organisation
from webhooks_app.parts import parts_of


@pytest.fixture
def inbox(app: Flask) -> Inbox:
    return factories.inbox(factories.organisation())


def receive(inbox: Inbox, body: bytes) -> None:
    received = Received("POST", "192.0.2.1", [("X-A", "1")], body)
    inbox_requests.receive(db.session(), inbox, received, Answered(200))


def kept(inbox: Inbox) -> list[bytes]:
    rows = db.session.query(InboxRequest).filter_by(inbox_id=inbox.id).order_by(InboxRequest.id)
    return [row.body for row in rows]


def test_the_newest_hundred_stay(inbox: Inbox) -> None:
    other = factories.inbox(factories.organisation("Others"))
    receive(other, b"other")
    for number in range(103):
        receive(inbox, b"%d" % number)
    assert kept(inbox) == [b"%d" % number for number in range(3, 103)]
    assert kept(other) == [b"other"]


def test_eight_megabytes_stay(inbox: Inbox) -> None:
    big = b"x" * inbox_requests.BODY_LIMIT
    for number in range(18):
        receive(inbox, b"%02d" % number + big[2:])
    bodies = kept(inbox)
    assert sum(map(len, bodies)) <= inbox_requests.KEPT_BYTES
    assert [body[:2] for body in bodies] == [b"%02d" % number for number in range(3, 18)]


def test_after_a_week_requests_are_forgotten(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (8, 6):
        then = utcnow() - timedelta(days=days)
        monkeypatch.setattr(ids.time, "time_ns", lambda then=then: int(then.timestamp() * 1e9))
        receive(inbox, b"%d days" % days)
    upkeep.delete_old_requests()
    assert kept(inbox) == [b"6 days"]


def test_twenty_inboxes_are_enough(inbox: Inbox, app: Flask) -> None:
    vault = parts_of(app).vault
    for _ in range(service.MOST - 1):
        service.open_inbox(db.session(), inbox.organisation_id, "One", "", vault)
    with pytest.raises(Invalid):
        service.open_inbox(db.session(), inbox.organisation_id, "One more", "", vault)
    with pytest.raises(Conflict):
        service.inbox_of_api(db.session(), inbox.organisation_id)


def test_it_checks_with_the_chosen_webhook_then_with_its_own_secret(
    inbox: Inbox, app: Flask
) -> None:
    session, vault = db.session(), parts_of(app).vault
    organisation = db.session.get_one(Organisation, inbox.organisation_id)
    factories.action(organisation, "", channel="email", email_to=["ada@example.com"])
    own = [f"whsec_{name * 32}" for name in "ABC"]
    webhooks = [
        factories.webhook(organisation, "https://a.example", secret=secret) for secret in own
    ]
    factories.webhook(organisation, "https://a.example", deleted_at=utcnow())
    for webhook, secret in zip(webhooks, own, strict=True):
        inbox_secrets.check_like(session, inbox, webhook.id)
        assert inbox_secrets.lender_of(session, inbox) is webhook
        assert inbox_secrets.checked_with(session, inbox) == [webhook]
        assert secrets_of(session, inbox, vault).at(utcnow()) == [secret]
    webhooks[0].url = f"https://hooks.example/test-webhook/{inbox.token}"
    session.commit()
    assert inbox_secrets.lenders(session, inbox) == [webhooks[0], webhooks[2], webhooks[1]]
    assert inbox_secrets.checked_with(session, inbox) == [webhooks[0], webhooks[2]]
    webhooks[0].url = "https://a.example"
    inbox_secrets.check_with(session, inbox, factories.SECRET, vault)
    inbox_secrets.check_with(session, inbox, "", vault)
    assert inbox_secrets.lender_of(session, inbox) is None
    assert secrets_of(session, inbox, vault).at(utcnow()) == [factories.SECRET]
    changes = session.query(AuditEntry).filter_by(action="inbox.secret_changed")
    assert changes.count() == 4


def test_a_secret_that_no_key_opens_is_told(inbox: Inbox, app: Flask) -> None:
    inbox.sealed_secret = "sealed elsewhere"
    db.session.commit()
    secrets = secrets_of(db.session(), inbox, parts_of(app).vault)
    assert secrets.at(utcnow()) == []
    assert "no longer configured" in secrets.why_none


@pytest.mark.parametrize(
    ("content", "lead"),
    [
        ({"data": {"name": "Ada", "email": "a@b.c"}}, {"name": "Ada", "email": "a@b.c"}),
        ({"email": "a@b.c", "age": 3}, {"email": "a@b.c"}),
        ({"data": {"lead": {"phone": "1"}, "email": "x"}}, {"phone": "1"}),
        ({"event": "LEAD_CREATED", "data": {"name": "Ada"}}, {"name": "Ada"}),
        ({"type": "room.created", "data": {"name": "Lounge"}}, {}),
        ({"data": {"email": ["a"], "name": None}}, {}),
        ({"data": [1]}, {}),
        ([], {}),
        (None, {}),
    ],
)
def test_a_lead_is_found_where_there_is_one(content: Any, lead: dict[str, str]) -> None:
    assert lead_of(content) == lead


def test_an_event_is_named_by_a_text() -> None:
    assert event_name({"event": "LEAD_CREATED", "type": "x"}) == "LEAD_CREATED"
    assert event_name({"event": {"a": 1}, "type": "lead.captured"}) == "lead.captured"
    assert event_name({"event": 1}) == event_name("x") == ""


def test_numbers_look_as_they_came() -> None:
    assert pretty(b'{"a":1.10,"b":1e400}', 100) == '{\n  "a": 1.10,\n  "b": 1e400\n}'
    assert pretty(b"not json \xff", 100) == "not json �"
    assert pretty(b"x" * 101, 100).endswith("… 1 bytes more")


@pytest.mark.parametrize("start", [b"", b'"]]]", ', b'"\\"' + b"]" * 500 + b'", '])
def test_what_is_nested_deeply_is_not_blown_up(start: bytes) -> None:
    deep = b"[" + start + b"[" * 200 + b"1," * 200_000 + b"1" + b"]" * 201
    assert len(pretty(deep, len(deep))) == len(deep)
    assert laid_out(b"[" * 31 + b'"[[\\"["' + b"]" * 31, 2) is not None
