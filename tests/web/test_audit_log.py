"""Who changed what: written with the change, without secrets, for owners and admins."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person, mailed_link
from webhooks_app.engine.switching_off import disable
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.packed_headers import MASK
from webhooks_app.lib.paging import DEFAULT_SIZE, PageBounds
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    Inbox,
    Invitation,
    Organisation,
    Subscription,
    User,
)
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.organisations import audit_log, audit_search, plans
from webhooks_app.organisations.audit_log import ACTIONS, Actor, Target
from webhooks_app.organisations.audit_search import AuditFilters
from webhooks_app.people import accounts, api_keys
from webhooks_app.subscriptions import switching
from webhooks_app.web.forms.inboxes import OWN
from webhooks_app.web.views.audit_log import PAGES, PLACES

WEBHOOK = {"name": "CRM", "url": "https://crm.example/hook", "event_types": ["lead.captured"]}
FORM = WEBHOOK | {"scope_type": "", "match": "all", "retry_policy": "pivot", "save": "Save"}
SECRET_HEADER = "X-Token: s3cret-value"


def entries() -> list[AuditEntry]:
    db.session.rollback()
    """All but the log-ins that tests begin with."""
    log_ins = AuditEntry.action == "member.logged_in"
    return list(db.session.scalars(select(AuditEntry).where(~log_ins).order_by(AuditEntry.id)))


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
    assert (created.actor_kind, created.actor_id) == ("person", created.user_id)
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
    assert last() == ("api_key.created", "Backend", {"scopes": list(api_keys.SCOPES)})
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
    assert (entry.actor, entry.actor_kind, entry.mode) == ("Backend", "api_key", "test")
    assert entry.actor_id == one(ApiKey).id
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
        switching.set_enabled(db.session(), row, enabled=False)
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
    assert not re.search(r"\bCRM\b", outsider.get("/audit-log/").text)


def test_it_is_paged_newest_first(owner: Person) -> None:
    organisation = one(Organisation)
    for number in range(DEFAULT_SIZE + 1):
        target = Target(organisation.id, str(number), f"number-{number}.")
        audit_log.record(db.session(), "webhook.created", target)
        db.session.commit()
    newest = owner.get("/audit-log/").text
    assert f"number-{DEFAULT_SIZE}." in newest
    assert "number-0." not in newest
    page = audit_search.list_entries(db.session(), organisation.id, AuditFilters(), PageBounds())
    older = owner.get("/audit-log/", cursor=page.next_cursor).text
    assert "number-0." in older
    assert "number-1." not in older


def test_what_is_recorded_has_words(owner: Person) -> None:
    organisation = one(Organisation)
    for action in ACTIONS:
        audit_log.act_as(Actor.visitor("someone"))
        audit_log.record(db.session(), action, Target(organisation.id, "x", "y"))
    db.session.commit()
    pages = [owner.get("/audit-log/").text]
    while older := re.search(r"cursor=([\w%=-]+)", pages[-1]):
        pages.append(owner.get("/audit-log/", cursor=unquote(older[1])).text)
    for words in ACTIONS.values():
        assert f">{words}</td>" in "".join(pages)


def add(name: str, action: str = "webhook.created", **more: Any) -> None:
    audit_log.record(db.session(), action, Target(one(Organisation).id, "whk_1", name))
    db.session.flush()
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    for column, value in more.items():
        setattr(entry, column, value)
    db.session.commit()


def test_it_says_from_which_address_and_browser(app: Flask, owner: Person) -> None:
    owner.client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux) Firefox/130" + "\0x" * 300
    )
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    save(owner, "/webhooks/new")
    entry = entries()[-1]
    assert entry.ip == "203.0.113.7"
    assert entry.user_agent is not None
    assert entry.user_agent.startswith("Mozilla/5.0")
    assert len(entry.user_agent) == 200
    assert "\0" not in entry.user_agent
    page = owner.get("/audit-log/").text
    assert "203.0.113.7" in page
    assert "Firefox on Linux" in page


def test_a_key_that_is_called_like_the_command_line_is_told_from_it(
    app: Flask, client: FlaskClient, owner: Person
) -> None:
    organisation = one(Organisation)
    _, token = api_keys.create_api_key(db.session(), organisation.id, "live", "command line")
    response = client.post("/api/v1/webhooks", json=WEBHOOK, headers=factories.bearer(token))
    assert response.status_code == 201
    by_hand, by_key = entries()[-2:]
    assert (by_hand.actor_kind, by_hand.actor_id) == ("command_line", None)
    assert (by_key.actor_kind, by_key.actor_id) == ("api_key", one(ApiKey).id)
    page = owner.get("/audit-log/", kind="api_key").text
    assert 'command line <span class="badge">key</span>' in page
    assert "API key created</td>" not in page


def test_what_concerns_a_user_is_in_each_of_their_organisations(app: Flask) -> None:
    user, nobodys = factories.user(), factories.organisation("Nobody's")
    theirs = [factories.organisation(name) for name in ("Acme", "Beta")]
    for organisation in theirs:
        factories.member(organisation, user)
    audit_log.record_in_all(db.session(), user, "member.made_operator")
    audit_log.record_in_all(db.session(), None, "member.made_operator")
    db.session.commit()
    assert {entry.organisation_id for entry in entries()} == {one.id for one in theirs}
    assert nobodys.id not in {entry.organisation_id for entry in entries()}
    assert {entry.target_id for entry in entries()} == {user.id}


def test_what_operators_do_is_there(app: Flask, organisation: Organisation) -> None:
    accounts.make_operator(db.session(), "owner@example.com")
    plans.set_plan(db.session(), organisation.id, "starter")
    plans.set_plan(db.session(), organisation.id, "starter")
    made, changed = entries()
    assert (made.action, made.target_name) == ("member.made_operator", "owner@example.com")
    assert changed.action == "organisation.plan_changed"
    assert changed.detail == {"before": "self_hosted", "after": "starter"}
    assert {entry.actor_kind for entry in entries()} == {"command_line"}


def test_replays_are_there(owner: Person) -> None:
    organisation = one(Organisation)
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    delivery = one(Delivery)
    owner.get("/deliveries/")
    owner.post(f"/deliveries/{delivery.id}/retry-now")
    entry = entries()[-1]
    assert (entry.action, entry.target_id) == ("delivery.retried", delivery.id)
    arrange(status="failed")
    owner.post(f"/deliveries/{delivery.id}/replay")
    entry = entries()[-1]
    assert (entry.action, entry.target_id) == ("delivery.replayed", delivery.id)
    assert entry.detail["to"] == "A webhook"
    owner.post("/replays/", delivery_id=delivery.id)
    entry = entries()[-1]
    assert (entry.action, entry.detail) == ("replay.started", {"deliveries": 1})
    owner.post(f"/replays/{entry.target_id}/cancel")
    assert entries()[-1].action == "replay.cancelled"
    owner.post("/replays/", all="1", status="failed")
    assert entries()[-1].detail == {"status": "failed"}


@pytest.mark.parametrize("kind", ["webhook", "action"])
def test_what_is_switched_off_automatically_is_there(owner: Person, kind: str) -> None:
    organisation = one(Organisation)
    row = getattr(factories, kind)(organisation, "https://a.example", name="CRM")
    with db.engine.begin() as connection:
        disable(connection, [row.id], "It answered 410 Gone.")
    entry = entries()[-1]
    assert (entry.action, entry.actor_kind, entry.target_name) == (
        f"{kind}.disabled",
        "system",
        "CRM",
    )
    assert (entry.detail, entry.mode) == ({"reason": "It answered 410 Gone."}, "live")
    assert (entry.ip, entry.user_agent) == (None, None)
    assert "It answered 410 Gone." in owner.get("/audit-log/", kind="system").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"actor": "ADA"}, {"first"}),
        ({"actor": "usr_ada"}, {"first"}),
        ({"kind": "api_key"}, {"second"}),
        ({"action": "webhook.deleted"}, {"second"}),
        ({"target": "sec"}, {"second"}),
        ({"target": "whk_1"}, {"first", "second"}),
        ({"actor": "%"}, set()),
        ({"actor": "ada", "action": "webhook.deleted"}, set()),
    ],
)
def test_it_is_filtered(owner: Person, query: dict[str, str], shown: set[str]) -> None:
    add("first", actor="ada@people.example", actor_id="usr_ada", actor_kind="person")
    add("second", "webhook.deleted", actor="Backend", actor_id="key_1", actor_kind="api_key")
    page = owner.get("/audit-log/", **query)
    assert page.status_code == 200
    assert {name for name in ("first", "second") if f">{name}" in page.text} == shown
    assert ("No entries match" in page.text) == (not shown)


def test_a_window_is_in_the_zone_of_whoever_asks(owner: Person) -> None:
    """10:30 in UTC is 11:30 in Berlin in winter, and 05:30 in New York."""
    at = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
    add("then", id=floor_id("aud", at.timestamp()), created_at=at)

    def found(zone: str, since: str, until: str) -> bool:
        query = {"zone": zone, "since": f"2026-01-15T{since}", "until": f"2026-01-15T{until}"}
        return ">then" in owner.get("/audit-log/", **query).text

    assert found("Europe/Berlin", "11:00", "12:00")
    assert not found("Europe/Berlin", "10:00", "11:00")
    assert found("America/New_York", "05:00", "06:00")
    assert not found("America/New_York", "10:00", "11:00")
    owner.post("/settings/organisation/", name="Acme", time_zone="Europe/Berlin")
    assert found("", "11:00", "12:00")


@pytest.mark.parametrize(
    "query",
    [{"since": "soon"}, {"kind": "robot"}, {"action": "a.b"}, {"zone": "Mars"}, {"window": "9y"}],
)
def test_a_filter_that_means_nothing_is_named_and_left_out(
    owner: Person, query: dict[str, str]
) -> None:
    add("first")
    page = owner.get("/audit-log/", **query)
    assert page.status_code == 422
    assert f"{next(iter(query))}: " in page.text
    assert ">first" in page.text


def test_a_target_is_a_link_in_its_own_mode_while_it_is_there(owner: Person) -> None:
    save(owner, "/webhooks/new")
    webhook = one(Subscription)
    link = f'href="/webhooks/{webhook.id}"'
    assert link in owner.get("/audit-log/").text
    owner.go_to("test")
    own = f'href="/o/{webhook.organisation_id}/live/webhooks/{webhook.id}"'
    assert own in owner.get("/audit-log/").text
    owner.go_to("live")
    owner.post(f"/webhooks/{webhook.id}/delete")
    page = owner.get("/audit-log/").text
    assert "Webhook deleted" in page
    assert link not in page


def test_every_kind_of_target_has_a_page_or_a_reason_to_have_none() -> None:
    kinds = {action.partition(".")[0] for action in ACTIONS}
    assert kinds - set(PAGES) - set(PLACES) == set()


def test_links_of_every_kind_lead_somewhere(owner: Person) -> None:
    organisation = one(Organisation)
    webhook = factories.webhook(organisation, "https://a.example")
    action = factories.action(organisation, "https://a.example")
    [event] = factories.accepted(organisation)
    ids = {
        "event": event.id,
        "webhook": webhook.id,
        "action": action.id,
        "delivery": db.session.scalars(select(Delivery.id)).first(),
        "event_type": factories.event_type(organisation).name,
        "inbox": factories.inbox(organisation).id,
    }
    for kind, id_ in ids.items():
        name = next(one for one in ACTIONS if one.startswith(f"{kind}."))
        audit_log.record(
            db.session(), name, Target(organisation.id, str(id_), f"the-{kind}", "live")
        )
    db.session.commit()
    page = owner.get("/audit-log/").text
    for kind in ids:
        [href] = re.findall(rf'href="([^"]+)">the-{kind}<', page)
        assert owner.get(href).status_code == 200, kind


def test_entries_are_kept_for_a_year_or_as_the_plan_says(app: Flask, owner: Person) -> None:
    mine, theirs = one(Organisation), factories.organisation("Starter")
    plans.set_plan(db.session(), theirs.id, "starter")
    db.session.execute(delete(AuditEntry))
    for organisation in (mine, theirs):
        for days in (400, 100, 10):
            at = utcnow() - timedelta(days=days)
            entry_id = floor_id("aud", at.timestamp())[:-1] + ("a" if organisation is mine else "b")
            target = Target(organisation.id, "x", str(days))
            audit_log.record(db.session(), "webhook.created", target)
            db.session.flush()
            newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
            db.session.scalars(newest).one().id = entry_id
            db.session.flush()
    db.session.commit()
    assert "upkeep.delete_old_audit_entries" in str(PERIODIC)
    upkeep.delete_old_audit_entries()
    kept = {(entry.organisation_id, entry.target_name) for entry in entries()}
    assert kept == {(mine.id, "100"), (mine.id, "10"), (theirs.id, "10")}
    assert "kept for 365 days" in owner.get("/audit-log/").text
