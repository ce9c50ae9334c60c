"""Mail to strangers: an action asks them first, and its page shows who has not answered."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from tests import factories
from tests.support.settings import change_settings
from tests.web.conftest import Person, mailed_link
from tests.web.test_email_actions import FORM
from webhooks_app.channels.email.confirming import Confirming
from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry, Mail, MailRecipient, Organisation, Subscription
from webhooks_app.parts import parts_of

BOB = "bob@example.com"


def make(owner: Person, addresses: str = BOB, **more: object) -> str:
    """The page of a new action."""
    owner.get("/actions/new")
    response = owner.post("/actions/new", **(FORM | {"email_to": addresses} | more), save="Save")
    assert response.status_code == 302, response.text
    return str(response.location)


def recipient(address: str = BOB) -> MailRecipient:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(MailRecipient).filter_by(address=address).one()


def stranger(app: Flask, link: str) -> Person:
    visitor = Person(app.test_client())
    visitor.get(link)
    return visitor


def test_a_stranger_confirms_by_a_post_and_no_get_does(app: Flask, owner: Person) -> None:
    page = make(owner)
    link = mailed_link()
    bob = stranger(app, link)
    asked = bob.get(link)
    assert "Acme wants to send e-mails" in asked.text
    assert BOB in asked.text
    assert asked.headers["Referrer-Policy"] == "strict-origin"
    assert recipient().confirmed_at is None
    assert "waiting for confirmation</span>" in owner.get(page).text
    assert "Your address is confirmed" in bob.post(link, answer="yes").text
    assert recipient().confirmed_at is not None
    shown = owner.get(page).text
    assert "waiting for confirmation" not in shown
    assert "Nothing is sent yet" not in shown
    entry = db.session.query(AuditEntry).filter_by(action="recipient.confirmed").one()
    assert (entry.actor, entry.actor_kind) == (BOB, "visitor")


def test_a_stranger_may_say_no_and_change_their_mind(app: Flask, owner: Person) -> None:
    page = make(owner)
    link = mailed_link()
    bob = stranger(app, link)
    assert "You will get no e-mails" in bob.post(link, answer="no").text
    assert recipient().declined_at is not None
    shown = owner.get(page).text
    assert "declined</span>" in shown
    assert "Send again" not in shown
    assert "You said no" in bob.get(link).text
    bob.post(link, answer="yes")
    assert (recipient().declined_at, recipient().confirmed_at is None) == (None, False)


def test_a_link_needs_our_signature_a_csrf_token_and_an_answer(app: Flask, owner: Person) -> None:
    make(owner)
    link, organisation_id = mailed_link(), db.session.query(Organisation.id).scalar()
    forged = Confirming("another key").token(organisation_id, BOB)
    unknown = Confirming(parts_of(app).settings.secret_key).token(
        organisation_id, "eve@example.com"
    )
    bob = stranger(app, link)
    for token in (forged, unknown, "nonsense"):
        for answer in (bob.get(f"/confirm-address/{token}"), bob.post(f"/confirm-address/{token}")):
            assert answer.status_code == 404
    assert bob.client.post(link, data={"answer": "yes"}).status_code == 400
    assert bob.post(link, answer="perhaps").status_code == 400
    assert recipient().confirmed_at is None


def test_a_link_runs_out_after_a_week(
    app: Flask, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(owner)
    link = mailed_link()
    seen: list[int] = []

    def loads(_: object, token: str, max_age: int) -> Any:
        seen.append(max_age)
        return original(Confirming(parts_of(app).settings.secret_key)._serializer, token, -1)

    original = URLSafeTimedSerializer.loads
    monkeypatch.setattr(URLSafeTimedSerializer, "loads", loads)
    late = Person(app.test_client()).get(link)
    assert late.status_code == 404
    assert "no longer works" in late.text
    assert seen == [7 * 24 * 3600]


def test_the_card_says_who_has_not_confirmed(
    app: Flask, owner: Person, organisation: Organisation
) -> None:
    make(owner)
    assert "No address has confirmed yet" in owner.get("/actions/").text
    stranger(app, mailed_link()).post(mailed_link(), answer="yes")
    assert "confirmed yet" not in owner.get("/actions/").text
    make(owner, f"{BOB} eve@example.com owner@people.example", name="Other")
    page = owner.get("/actions/").text
    assert "eve@example.com has not confirmed yet" in page
    row = db.session.query(Subscription).filter_by(name="Other").one()
    switched = owner.client.post(
        f"/actions/{row.id}/toggle",
        data={"csrf_token": owner.token, "enabled": "1"},
        headers={"HX-Request": "true"},
    )
    assert "eve@example.com has not confirmed yet" in switched.text


def test_members_need_not_confirm(owner: Person) -> None:
    page = make(owner, "owner@people.example Owner@Example.com")
    assert db.session.query(Mail).count() == 0
    assert "Nothing is sent yet" not in owner.get(page).text


def test_who_was_not_asked_for_a_while_can_be_asked_again(
    app: Flask, owner: Person, person: Callable[..., Person], organisation: Organisation
) -> None:
    page = make(owner)
    ask = f"{page}/recipients/ask"
    first = mailed_link()
    assert owner.post(ask, address=BOB).status_code == 409
    row = recipient()
    row.asked_at = row.created_at.replace(year=2020)
    db.session.commit()
    assert person("viewer", organisation).post(ask, address=BOB).status_code in (400, 403)
    assert owner.post(ask, address="eve@example.com").status_code == 404
    assert owner.post(ask, address=BOB).location == page
    assert db.session.query(Mail).filter_by(recipient=BOB).count() == 2
    assert stranger(app, first).post(first, answer="yes").status_code == 200


def test_too_many_new_addresses_are_said_beside_the_field_and_nothing_is_saved(
    app: Flask, owner: Person
) -> None:
    change_settings(app, new_addresses_per_day=1)
    owner.get("/actions/new")
    form = FORM | {"email_to": "a@example.com b@example.com"}
    response = owner.post("/actions/new", **form, save="Save")
    assert response.status_code == 422
    assert re.search(r'id="email_to-error">[^<]*1 confirmation mails', response.text)
    assert "a@example.com" in response.text
    assert db.session.query(Subscription).count() == 0
    assert db.session.query(Mail).count() == 0
    page = make(owner, "a@example.com")
    edited = owner.post(f"{page}/edit", **form, save="Save")
    assert edited.status_code == 422
    db.session.rollback()
    assert db.session.query(Subscription).one().email_to == ["a@example.com"]


def test_a_copy_asks_those_who_were_never_asked(owner: Person, organisation: Organisation) -> None:
    row = factories.action(
        organisation, "", channel="email", email_to=[BOB], confirmed=False, name="Leads"
    )
    owner.get(f"/actions/{row.id}")
    owner.post(f"/actions/{row.id}/duplicate")
    assert [mail.recipient for mail in db.session.query(Mail)] == [BOB]


def test_tests_of_actions_by_mail_are_limited_by_day(app: Flask, owner: Person) -> None:
    change_settings(app, mail_tests_per_day=1)
    page = make(owner)
    assert owner.post(f"{page}/test").status_code == 302
    refused = owner.post(f"{page}/test")
    assert refused.status_code == 429
    assert "1 tests of actions by e-mail a day" in refused.text
    assert "after midnight UTC" in refused.headers["X-Reason"]
    owner.get("/webhooks/new")
    hook = factories.webhook(db.session.query(Organisation).one(), "https://a.example")
    for _ in range(2):
        assert owner.post(f"/webhooks/{hook.id}/test").status_code == 302
