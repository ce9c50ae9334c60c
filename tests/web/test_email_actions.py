"""Actions that send an e-mail: their form, their page, and unsubscribing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.web.conftest import Person
from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Delivery, Organisation, Subscription
from webhooks_app.parts import parts, parts_of

FORM = {
    "name": "Tell the team",
    "event_types": "lead.captured",
    "scope_type": "",
    "match": "all",
    "wire_format": "standard",
    "retry_policy": "pivra",
    "channel": "email",
    "email_to": "team@example.com, boss@example.com\nteam@example.com",
    "email_subject": "New lead: {{ data.name }}",
}


def made() -> Subscription:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Subscription).one()


def email_action(organisation: Organisation, *addresses: str, **more: Any) -> Subscription:
    return factories.action(
        organisation, "", channel="email", email_to=list(addresses or ["a@example.com"]), **more
    )


def link(app: Flask, row: Subscription, address: str) -> str:
    token = Unsubscribing(parts_of(app).settings.secret_key).token(row.id, address)
    return f"/unsubscribe/{token}"


def test_it_is_made_without_a_secret_or_a_ping(owner: Person) -> None:
    owner.get("/actions/new")
    response = owner.post("/actions/new", **FORM, save="Save")
    row = made()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/actions/{row.id}"
    assert (row.channel, row.url, row.retry_policy) == ("email", "", "pivra")
    assert row.email_to == ["team@example.com", "boss@example.com"]
    assert row.email_subject == "New lead: {{ data.name }}"
    assert db.session.query(Delivery).count() == 0
    page = owner.get(f"/actions/{row.id}").text
    assert "boss@example.com" in page
    assert "New secret" not in page
    assert "stay in the outbox" in page
    assert "e-mail" in owner.get("/actions/").text


def test_the_channel_chooses_the_fields_without_javascript_too(owner: Person) -> None:
    page = owner.get("/actions/new").text
    assert 'for="url"' in page
    assert 'for="email_to"' not in page
    shown = owner.post("/actions/new", **FORM, url="https://kept.example", show_channel="Show")
    assert shown.status_code == 200
    assert 'for="email_to"' in shown.text
    assert 'for="url"' not in shown.text
    assert 'value="https://kept.example"' in shown.text
    assert db.session.query(Subscription).count() == 0


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"email_to": " "}, "email_to", "1 to 20"),
        ({"email_to": "a@example.com nonsense"}, "email_to", "nonsense"),
        ({"email_to": " ".join(f"a{n}@example.com" for n in range(21))}, "email_to", "1 to 20"),
        ({"email_subject": "{{ data.name | upper }}"}, "email_subject", "only a path"),
        ({"email_subject": "x" * 201}, "email_subject", "at most 200"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(
    owner: Person, fields: dict[str, str], field: str, said: str
) -> None:
    owner.get("/actions/new")
    response = owner.post("/actions/new", **(FORM | fields), save="Save")
    assert response.status_code == 422
    [error] = re.findall(rf'id="{field}-error">([^<]+)<', response.text)
    assert said in error.replace("&#39;", "'")
    assert db.session.query(Subscription).count() == 0


def test_it_becomes_a_webhook_with_a_secret_that_is_shown(
    owner: Person, organisation: Organisation
) -> None:
    row = email_action(organisation)
    path = f"/actions/{row.id}/edit"
    assert "a@example.com" in owner.get(path).text
    form = FORM | {"channel": "webhook", "url": "https://hooks.example.com/x"}
    response = owner.post(path, **form, save="Save")
    assert "will not be able to see it again" in owner.get(response.location).text
    row = made()
    assert (row.channel, row.url) == ("webhook", "https://hooks.example.com/x")
    assert db.session.query(Delivery).count() == 1, "a ping"


def test_headers_do_not_come_back_when_a_webhook_was_an_email_meanwhile(
    owner: Person, organisation: Organisation
) -> None:
    """They were entered for a host that is no longer known."""
    row = factories.action(organisation, "https://a.example", headers={"X-Key": "s3cr3t"})
    path = f"/actions/{row.id}/edit"
    for fields in (FORM, FORM | {"channel": "webhook", "url": "https://b.example"}):
        owner.get(path)
        assert owner.post(path, **fields, save="Save").status_code == 302
    assert "X-Key" not in owner.get(path).text
    assert "s3cr3t" not in parts().vault.open(made().sealed_headers)


def test_a_test_without_a_mail_server_says_where_the_mail_is(
    owner: Person, organisation: Organisation, drain: Callable[[], None]
) -> None:
    row = factories.action(organisation, "", channel="email", email_to=["owner@people.example"])
    owner.get("/actions/")
    form, headers = {"csrf_token": owner.token}, {"HX-Request": "true"}
    tested = owner.client.post(f"/actions/{row.id}/test", data=form, headers=headers).text
    outcome = re.search(r'hx-get="([^"]+/outcome)"', tested)
    assert outcome
    drain()
    assert "kept in the outbox" in owner.client.get(outcome[1], headers=headers).text


def test_a_copy_leads_to_its_form(owner: Person, organisation: Organisation) -> None:
    row = email_action(organisation, "a@example.com", email_subject="Hello")
    owner.get(f"/actions/{row.id}")
    response = owner.post(f"/actions/{row.id}/duplicate")
    assert response.status_code == 302
    copies = db.session.query(Subscription).filter(Subscription.id != row.id).all()
    assert [(one.email_to, one.email_subject) for one in copies] == [(["a@example.com"], "Hello")]


def test_who_unsubscribes_gets_nothing_more_and_others_do(
    app: Flask, organisation: Organisation, person: Callable[..., Person]
) -> None:
    row = email_action(organisation, "a@example.com", "b@example.com")
    path, stranger = link(app, row, "b@example.com"), person("stranger")
    asked = stranger.get(path)
    assert "b@example.com" in asked.text
    assert asked.headers["Referrer-Policy"] == "strict-origin"
    assert made().email_to == ["a@example.com", "b@example.com"]
    # As a mail program does it (RFC 8058): no cookie, no CSRF token.
    done = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    row = made()
    assert (row.email_to, row.enabled) == (["a@example.com"], True)
    [entry] = db.session.query(AuditEntry).filter_by(action="action.unsubscribed")
    assert (entry.actor, entry.detail) == ("b@example.com", {"address": "b@example.com"})
    assert "You are unsubscribed" in app.test_client().post(path).text
    assert "You are unsubscribed" in stranger.get(path).text
    assert made().revision == row.revision


def test_without_any_address_left_it_is_off(
    app: Flask, organisation: Organisation, owner: Person
) -> None:
    row = email_action(organisation)
    factories.accepted(organisation)
    app.test_client().post(link(app, row, "a@example.com"))
    row = made()
    assert (row.email_to, row.enabled) == ([], False)
    assert db.session.query(Delivery).one().status == "cancelled"
    assert "Its last address has unsubscribed." in owner.get(f"/actions/{row.id}").text


def test_a_token_of_someone_else_opens_nothing(app: Flask, organisation: Organisation) -> None:
    row = email_action(organisation)
    forged = f"/unsubscribe/{Unsubscribing('another key').token(row.id, 'a@example.com')}"
    for method in ("get", "post"):
        assert getattr(app.test_client(), method)(forged).status_code == 404
    assert made().email_to == ["a@example.com"]


def test_a_deleted_action_mails_nobody_anyway(app: Flask, organisation: Organisation) -> None:
    row = email_action(organisation, deleted_at=factories.utcnow())
    assert "You are unsubscribed" in app.test_client().post(link(app, row, "a@example.com")).text
