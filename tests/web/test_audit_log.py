"""Who changed what: in the transaction of the change, without secrets, for owners and admins."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories
from tests.web.conftest import Person, mailed_link
from webhooks_app.engine.record import MASK
from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.paging import DEFAULT_SIZE
from webhooks_app.models import (
    ApiKey,
    AuditEntry,
    Inbox,
    Invitation,
    Organisation,
    Subscription,
    User,
)
from webhooks_app.organisations import audit_log
from webhooks_app.organisations.audit_log import ACTIONS, Actor, Target
from webhooks_app.people import api_keys
from webhooks_app.subscriptions import service as subscriptions
from webhooks_app.web.forms.inboxes import OWN

WEBHOOK = {"name": "CRM", "url": "https://crm.example/hook", "event_types": ["lead.captured"]}
FORM = WEBHOOK | {"scope_type": "", "match": "all", "retry_policy": "pivot", "save": "Save"}
SECRET_HEADER = "X-Token: s3cret-value"


def entries() -> list[AuditEntry]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def last() -> tuple[str, str, dict[str, Any]]:
    entry = entries()[-1]
    return entry.action, entry.target_name, entry.detail


def one(model: type[Any]) -> Any:
    db.session.rollback()
    return db.session.scalars(select(model)).one()


def save(owner: Person, path: str, **more: Any) -> None:
    owner.get(path)
    assert owner.post(path, **(FORM | more)).status_code in (200, 302)


def test_every_change_of_a_webhook_is_there(owner: Person) -> None:
    save(owner, "/webhooks/new", headers=SECRET_HEADER)
    webhook = one(Subscription)
    page = f"/webhooks/{webhook.id}"
    save(owner, f"{page}/edit", name="Renamed", scope_type="room", scope_id="1", headers="X-A: b")
    owner.post(f"{page}/toggle", enabled="0")
    owner.post(f"{page}/toggle", enabled="0")
    owner.post(f"{page}/toggle", enabled="1")
    owner.post(f"{page}/rotate", overlap="24")
    owner.post(f"{page}/duplicate")
    owner.post(f"{page}/delete")
    assert [(entry.action, entry.target_name) for entry in entries()] == [
        ("webhook.created", "CRM"),
        ("webhook.updated", "Renamed"),
        ("webhook.disabled", "Renamed"),
        ("webhook.enabled", "Renamed"),
        ("webhook.secret_rotated", "Renamed"),
        ("webhook.created", "Copy of Renamed"),
        ("webhook.deleted", "Renamed"),
    ]
    created, updated, *_ = entries()
    assert updated.detail == {"changed": ["name", "scope", "headers"]}
    assert (created.actor, created.mode, created.target_type) == (
        "owner@people.example",
        "live",
        "webhook",
    )
    assert created.user_id
    assert created.target_id == webhook.id
    assert entries()[-2].detail == {"copy_of": webhook.id}


def test_saving_without_a_change_is_none(owner: Person) -> None:
    save(owner, "/webhooks/new", headers=SECRET_HEADER)
    save(owner, f"/webhooks/{one(Subscription).id}/edit", headers=f"X-Token: {MASK}")
    assert [entry.action for entry in entries()] == ["webhook.created"]


def test_keys_and_inboxes_are_there(owner: Person) -> None:
    owner.get("/api-keys/")
    owner.post("/api-keys/", name="Backend")
    assert last() == ("api_key.created", "Backend", {})
    owner.post(f"/api-keys/{one(ApiKey).id}/revoke")
    assert last() == ("api_key.revoked", "Backend", {})
    owner.post("/test-webhook/", name="Mine")
    assert last() == ("inbox.opened", "Mine", {})
    owner.post(
        f"/test-webhook/{one(Inbox).token}/secret", source=OWN, secret="a-secret-of-16-bytes"
    )
    assert last() == ("inbox.secret_changed", "Mine", {})
    owner.post(f"/test-webhook/{one(Inbox).token}/delete")
    assert last() == ("inbox.deleted", "Mine", {})


def test_event_types_are_there(owner: Person) -> None:
    owner.get("/event-types/new")
    fields = {"title": "Paid", "group": "Shop", "sample": "{}"}
    owner.post("/event-types/new", name="order.paid", **fields)
    assert last() == ("event_type.registered", "order.paid", {})
    owner.post("/event-types/order.paid/edit", **fields | {"group": "Till"})
    assert last() == ("event_type.updated", "order.paid", {"changed": ["group"]})
    owner.post("/event-types/order.paid/retire")
    assert last() == ("event_type.retired", "order.paid", {})


def test_members_and_invitations_are_there(app: Flask, owner: Person) -> None:
    owner.get("/members/")
    owner.post("/members/invitations", email="ada@people.example", role="viewer")
    assert last() == ("invitation.sent", "ada@people.example", {"role": "viewer"})
    invitation = one(Invitation)
    owner.post(f"/members/invitations/{invitation.id}/resend")
    assert last() == ("invitation.resent", "ada@people.example", {})
    link = mailed_link()
    ada = Person(app.test_client())
    ada.get(link)
    ada.post(f"{link}/join", name="Ada", new="a good passphrase", again="a good passphrase")
    assert last() == ("member.joined", "ada@people.example", {"role": "viewer"})
    joined = entries()[-1]
    assert (joined.actor, joined.mode) == ("ada@people.example", None)
    user = db.session.scalars(select(User).where(User.email == "ada@people.example")).one()
    assert joined.user_id == joined.target_id == user.id
    owner.post(f"/members/{user.id}/role", role="admin")
    assert last() == (
        "member.role_changed",
        "ada@people.example",
        {"before": "viewer", "after": "admin"},
    )
    ada.get("/")
    ada.post("/members/leave")
    assert last() == ("member.left", "ada@people.example", {"role": "admin"})
    owner.post("/members/invitations", email="bob@people.example", role="viewer")
    owner.post(f"/members/invitations/{one(Invitation).id}/revoke")
    assert last() == ("invitation.revoked", "bob@people.example", {})


def test_a_change_by_api_key_names_the_key(app: Flask, client: FlaskClient) -> None:
    organisation = factories.organisation()
    _, token = api_keys.create_api_key(db.session(), organisation.id, "test", "Backend")
    body = {**WEBHOOK, "headers": {"X-Token": "s3cret-value"}}
    response = client.post("/api/v1/webhooks", json=body, headers=factories.bearer(token))
    assert response.status_code == 201
    by_hand, entry = entries()
    assert by_hand.actor == "command line"
    assert (entry.actor, entry.user_id, entry.mode) == ("Backend", None, "test")
    assert "s3cret-value" not in str([vars(one) for one in entries()])


def test_the_actor_of_one_request_is_not_that_of_the_next(
    app: Flask, client: FlaskClient, owner: Person
) -> None:
    organisation = one(Organisation)
    owner.get("/")
    api_keys.create_api_key(db.session(), organisation.id, "live", "By hand")
    assert entries()[-1].actor == "command line"


def test_a_change_that_is_undone_leaves_no_entry(app: Flask) -> None:
    organisation = factories.organisation()
    row = factories.webhook(organisation, "https://a.example")
    elsewhere = update(Subscription).values(revision=7)
    db.session.execute(elsewhere, execution_options={"synchronize_session": False})
    with pytest.raises(Conflict):
        subscriptions.set_enabled(db.session(), row, enabled=False)
    assert entries() == []


def test_admins_read_it_and_viewers_and_others_do_not(
    owner: Person, person: Callable[..., Person]
) -> None:
    save(owner, "/webhooks/new")
    organisation = one(Organisation)
    outsider = person("outsider")
    admin, viewer = person("admin", organisation), person("viewer", organisation)
    assert "CRM" in owner.get("/audit-log/").text
    assert "CRM" in admin.get("/audit-log/").text
    assert viewer.get("/audit-log/").status_code == 403
    assert "CRM" not in outsider.get("/audit-log/").text


def test_it_is_paged_newest_first(owner: Person) -> None:
    organisation = one(Organisation)
    for number in range(DEFAULT_SIZE + 1):
        target = Target(organisation.id, str(number), f"number-{number}.")
        audit_log.record(db.session(), "webhook.created", target)
        db.session.commit()
    newest = owner.get("/audit-log/").text
    assert f"number-{DEFAULT_SIZE}." in newest
    assert "number-0." not in newest
    page = audit_log.list_entries(db.session(), organisation.id, audit_log.Window())
    older = owner.get("/audit-log/", cursor=page.next_cursor).text
    assert "number-0." in older
    assert "number-1." not in older


def test_what_is_recorded_has_words(owner: Person) -> None:
    organisation = one(Organisation)
    for action in ACTIONS:
        audit_log.act_as(Actor("someone"))
        audit_log.record(db.session(), action, Target(organisation.id, "x", "y"))
    db.session.commit()
    page = owner.get("/audit-log/").text
    for words in ACTIONS.values():
        assert f">{words}</td>" in page
