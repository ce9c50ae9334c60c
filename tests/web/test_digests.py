"""Digests in an action's form: the fields, the preview, and sending one to oneself."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Digest, Event, Mail, Organisation, Subscription

HOURLY = {
    "name": "Leads",
    "scope_type": "",
    "frequency": "hourly",
    "hour": "9",
    "weekday": "0",
    "time_zone": "",
}


def an_hour_ago(organisation: Organisation, **more: Any) -> datetime:
    """The middle of the last complete hour, in which a lead was captured."""
    hour = (utcnow() - timedelta(minutes=1)).replace(minute=0, second=0, microsecond=0)
    at = hour - timedelta(minutes=30)
    values: dict[str, Any] = {
        "id": floor_id("evt", at.timestamp()),
        "organisation_id": organisation.id,
        "mode": "live",
        "type": "lead.captured",
        "data": '{"name":"<b>Ada</b>","email":"ada@example.com"}',
        "origin": "api",
        "fan_out": 0,
        "occurred_at": at,
        "created_at": at,
    }
    db.session.add(Event(**(values | more)))
    db.session.commit()
    return at


def test_a_preview_is_the_mail_of_the_last_complete_period(
    organisation: Organisation, owner: Person
) -> None:
    an_hour_ago(organisation)
    owner.get("/actions/new")
    response = owner.post("/actions/digest/preview", **HOURLY)
    assert response.status_code == 200
    assert "0 conversations, 1 lead" in response.text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in response.text
    assert "Sent by the action “Leads” of Acme" in response.text
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert db.session.query(Mail).count() == 0


def test_a_preview_keeps_to_the_scope_and_to_the_organisation(
    organisation: Organisation, owner: Person
) -> None:
    an_hour_ago(organisation, subject_type="chatbot", subject_id="bot_1")
    an_hour_ago(factories.organisation("Others"), id=floor_id("evt", 0) + "x")
    owner.get("/actions/new")
    for bot, leads in (("bot_1", "1 lead"), ("bot_2", "0 leads")):
        fields = HOURLY | {"scope_type": "chatbot", "scope_id": bot}
        page = owner.post("/actions/digest/preview", **fields).text
        assert f"0 conversations, {leads}" in page
        assert f"about chatbot {bot} only" in page


def test_a_preview_is_in_the_time_zone_of_the_organisation_or_its_own(
    organisation: Organisation, owner: Person
) -> None:
    organisation.time_zone = "Asia/Kathmandu"
    db.session.commit()
    owner.get("/actions/new")
    assert "(Asia/Kathmandu)" in owner.post("/actions/digest/preview", **HOURLY).text
    fields = HOURLY | {"time_zone": "Europe/Paris"}
    assert "(Europe/Paris)" in owner.post("/actions/digest/preview", **fields).text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"frequency": ""}, "Choose a digest schedule"),
        ({"frequency": "yearly"}, "How often: Not a valid choice"),
        ({"hour": "24"}, "At: Not a valid choice"),
        ({"time_zone": "Mars/Base"}, "Time zone: Not a valid choice"),
        ({"scope_type": "planet"}, "Scope: Not a valid choice"),
        ({"scope_type": "room", "scope_id": " "}, "Enter the ID of the room"),
    ],
)
@pytest.mark.parametrize("path", ["preview", "send"])
def test_what_cannot_be_used_is_told(
    owner: Person, fields: dict[str, str], why: str, path: str
) -> None:
    owner.get("/actions/new")
    response = owner.post(f"/actions/digest/{path}", **(HOURLY | fields))
    assert response.status_code == 422
    assert why in response.text
    assert db.session.query(Mail).count() == 0


def test_one_right_now_goes_to_oneself_alone(organisation: Organisation, owner: Person) -> None:
    an_hour_ago(organisation)
    owner.get("/actions/new")
    response = owner.post("/actions/digest/send", **HOURLY, email_to="boss@example.com")
    assert "in the outbox" in response.text
    row = db.session.scalars(select(Mail)).one()
    assert row.recipient == "owner@people.example"
    assert row.subject.startswith("Acme: 0 conversations, 1 lead (")
    assert db.session.query(Digest).count() == db.session.query(Delivery).count() == 0


@pytest.mark.parametrize("path", ["preview", "send"])
def test_viewers_may_not(
    organisation: Organisation, person: Callable[..., Person], path: str
) -> None:
    viewer = person("viewer", organisation)
    assert viewer.post(f"/actions/digest/{path}", **HOURLY).status_code == 403


FORM = {
    "name": "Leads",
    "channel": "email",
    "email_to": "ada@example.com",
    "url": "https://a.example/",
    "event_types": "",
    "scope_type": "",
    "match": "all",
    "retry_policy": "pivot",
    "save": "Save",
}


def test_an_action_becomes_a_digest_and_shows_it_again(owner: Person) -> None:
    owner.get("/actions/new")
    fields = {"frequency": "weekly", "hour": "7", "weekday": "2", "time_zone": "Europe/Paris"}
    owner.post("/actions/new", **FORM, **fields, skip_empty="y")
    db.session.rollback()
    row = db.session.scalars(select(Subscription)).one()
    assert row.schedule == {
        "frequency": "weekly",
        "hour": 7,
        "weekday": 2,
        "time_zone": "Europe/Paris",
        "skip_empty": True,
    }
    assert row.event_types == ["action.digest"]
    for path in ("/actions/", f"/actions/{row.id}"):
        assert "every week on Wednesday at 07:00 (Europe/Paris)" in owner.get(path).text
    page = owner.get(f"/actions/{row.id}/edit")
    for value in ("weekly", "7", "2", "Europe/Paris"):
        assert re.search(rf'<option selected value="{value}">', page.text), value
    assert re.search(r"<input checked[^>]*skip_empty", page.text)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert 'sandbox title="The digest"' in page.text
    owner.post(f"/actions/{row.id}/edit", **(FORM | {"event_types": "lead.captured"}))
    db.session.rollback()
    db.session.expire_all()
    assert (row.schedule, row.event_types) == (None, ["lead.captured"])


def test_what_was_typed_stays_when_it_is_refused(owner: Person) -> None:
    owner.get("/actions/new")
    wrong = {"frequency": "weekly", "hour": "7", "weekday": "9", "time_zone": "Europe/Paris"}
    response = owner.post("/actions/new", **FORM, **wrong)
    assert response.status_code == 422
    assert re.search(r'<select aria-describedby="weekday-error" aria-invalid="true"', response.text)
    assert '<option selected value="Europe/Paris">' in response.text
    assert db.session.query(Subscription).count() == 0


def test_each_event_needs_an_event_and_a_digest_needs_none(owner: Person) -> None:
    owner.get("/actions/new")
    response = owner.post("/actions/new", **FORM, frequency="")
    assert response.status_code == 422
    assert "Choose at least one event type." in response.text
    owner.post("/actions/new", **FORM, frequency="daily")
    assert db.session.query(Subscription).count() == 1


def test_the_fields_of_a_digest_are_shown_when_it_is_one(owner: Person) -> None:
    """With a button for browsers without JavaScript."""
    owner.get("/actions/new")
    typed = {name: value for name, value in FORM.items() if name != "save"}
    page = owner.post("/actions/new", **typed, show_channel="Show fields").text
    hidden = r'<div class="row"{}>\s*<div hidden><select id="weekday"'
    assert re.search(hidden.format(" hidden"), page)
    assert 'value="Choose when"' in page
    page = owner.post("/actions/new", **typed, frequency="daily", show_schedule="Choose when").text
    assert 'value="Choose when"' not in page
    assert re.search(hidden.format(""), page)


def test_an_action_by_webhook_is_no_digest(owner: Person) -> None:
    owner.get("/actions/new")
    fields = FORM | {"channel": "webhook", "event_types": "lead.captured", "frequency": "daily"}
    owner.post("/actions/new", **fields)
    db.session.rollback()
    row = db.session.scalars(select(Subscription)).one()
    assert (row.schedule, row.event_types) == (None, ["lead.captured"])


def test_an_event_page_says_that_a_digest_does_not_ask_for_it(
    app: Flask, organisation: Organisation, owner: Person
) -> None:
    factories.action(
        organisation,
        "",
        channel="email",
        name="Weekly digest",
        schedule={"frequency": "weekly"},
        digest_since=datetime(2026, 1, 1, tzinfo=UTC),
    )
    [event] = factories.accepted(organisation)
    page = owner.get(f"/events/{event.id}").text
    assert "Weekly digest" in page
    assert "it is a digest, which sums up many events" in page
    assert "not subscribed to" not in page
