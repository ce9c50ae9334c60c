"""Who may see and change what: over the whole URL map, so that no page is forgotten."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests import factories
from tests.web.conftest import Person
from webhooks_app.chat import simulator
from webhooks_app.deliveries import replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.extensions import db
from webhooks_app.inbox.inboxes import open_inbox
from webhooks_app.inbox.requests import Answered, Received, mark_of, receive
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    ApiKey,
    AuditEntry,
    Delivery,
    Inbox,
    Mail,
    Membership,
    Notification,
    Organisation,
    Subscription,
    User,
)
from webhooks_app.notices.dashboard_notices import NoticeOf, notify
from webhooks_app.parts import parts
from webhooks_app.people import saved_views
from webhooks_app.people.invitations import invite
from webhooks_app.people.sessions import start
from webhooks_app.vocabulary import Role
from webhooks_app.web.views.subscriptions import KINDS

OPEN = {
    "static",
    *(
        f"docs.{page}"
        for page in ("index", "show", "source", "list_all", "list_parts", "show_all", "picture")
    ),
    *(f"reference.{page}" for page in ("index", "show", "source", "problem", "problem_source")),
    "try_it.send",
    "openapi.show_document",
    "operations.healthz",
    "operations.readyz",
    "operations.status",
    "operations.show_metrics",
    "operations.show_global_metrics",
}
OWN_RULES = {
    "accounts.log_in",
    "device_api.begin_log_in",
    "device_api.ask_for_key",
    "device_api.revoke_token",
    "accounts.log_out",
    "accounts.log_in_by_passkey",
    "second_step.show",
    "second_step.prove",
    "passkeys.options",
    "receiver.receive",
    "test_webhook.receive",
    "invitations.show",
    "not_me.ask",
    "not_me.confirm",
    "invitations.accept",
    "invitations.join",
    "passwords.forgot",
    "passwords.reset",
    "confirm_address.ask",
    "confirm_address.answer",
    "unsubscribe.ask",
    "unsubscribe.drop",
}
OF_OPERATORS = {
    *("outbox.index", "outbox.show", "outbox.html", "operations.show_health"),
    *("usage.show", "usage.export_csv", "usage.export_json"),
}
OF_ADMINS = {"audit_log.index", "audit_log.export"}
# Only for rows of test mode; the walk is in live mode.
OF_TEST_MODE = {f"{kind}.copy_to_live" for kind in KINDS}
OF_OWNERS = {"members.change_role", "organisations.require_second_factor"}
OF_ONES_OWN = {
    "account.show",
    "account.rename",
    "theme.choose",
    "account.change_password",
    "account.revoke_session",
    "account.revoke_others",
    *(f"second_factor.{page}" for page in ("show", "new_app", "add_app", "remove_app", "codes")),
    *(f"second_factor.{page}" for page in ("new_passkey", "add_passkey", "remove_passkey")),
    "second_factor.renew_codes",
    "confirm.show",
    "confirm.prove",
    *(f"device.{page}" for page in ("show", "approve", "refuse", "done")),
    "organisations.new",
}
# The passkey of the walk is another member's.
OF_SOMEBODY_ELSE = {"second_factor.remove_passkey"}
FOR_ANY_MEMBER = {
    "first_steps.hide",
    "saved_views.save",
    "saved_views.delete",
    "home.show",
    "overview.show",
    "notifications.read",
    "notifications.read_one",
    "signature.check",
    "members.leave",
}
FOR_OPERATORS = "rq_dashboard."
# Ids of items that belong to live or test mode.
OF_ONE_MODE = re.compile(r"\b(?:whk|act|msg|evt|rpl|key|cnv|ntf)_[a-z0-9]{20,}")
# An inbox accepts requests from both, the audit log shows both, and home is where one was last.
OF_BOTH_MODES = {
    "home.show",
    "inbox.show",
    "inbox.show_request",
    "audit_log.index",
    "audit_log.export",
}
INLINE = re.compile(r"<[^>]+\s(style|on\w+)=|<style|<script(?! src=)", re.IGNORECASE)
IDS = (
    "cnv_",
    "whk_",
    "act_",
    "rpl_",
    "msg_",
    "evt_",
    "key_",
    "ntf_",
    "ses_",
    "pky_",
    "org_",
    "usr_",
    "inv_",
    "viw_",
    "order.paid",
)
VERBS = ("new", "edit", "own_test", "rotate", "resume", "secret", "delete")
CHANGES = {
    *(f"{kind}.{verb}" for kind in KINDS for verb in VERBS),
    *OF_TEST_MODE,
    "mail_preview.show",
    "api_keys.made",
    "api_keys.revoke",
    "api_keys.rotate",
    *(f"event_types.{verb}" for verb in ("new", "edit", "retire")),
    "events.new",
    "inbox.clear",
    "inbox.delete",
    "members.remove",
    "members.change_role",
    "replays.new",
}


def pages(app: Flask, name: str = "Acme") -> list[tuple[str, str, str]]:
    """Endpoint, method and path of every page that belongs to an organisation."""
    organisation = factories.organisation(name)
    webhook = factories.webhook(organisation, "https://a.example")
    action = factories.action(organisation, "https://a.example")
    factories.accepted(organisation)
    factories.api_key(organisation)
    delivery = db.session.query(Delivery).filter_by(subscription_id=webhook.id).one()
    for number in (1, 2):
        factories.attempt(delivery, number)
    session, tenant = db.session(), factories.tenant(organisation)
    batch = replays.start(session, tenant, "owner@example.com", Filters(), [delivery.id])
    opened = open_inbox(db.session(), organisation.id, "In", "", vault())
    receive(db.session(), opened, Received("POST", "", [], b""), Answered(200))
    theirs = factories.user("theirs@people.example")
    factories.member(organisation, theirs, "admin")
    view = saved_views.save(session, tenant, theirs.id, "events", "Theirs", {})
    ids = {
        "delivery_id": delivery.id,
        "event_id": delivery.event_id,
        "batch_id": batch.id,
        "number": 2,
        "ending": "csv",
        "view_id": view.id,
        "token": opened.token,
        "request_id": mark_of(db.session(), opened).partition(".")[0],
        "key_id": db.session.query(ApiKey).one().id,
        "simulation_id": simulator.begin(session, tenant, "bot_1", "visitor", "Hello"),
        "organisation_id": organisation.id,
        "mode": "live",
        "passkey_id": factories.passkey(theirs).id,
        "session_id": start(db.session(), theirs, "", "").id,
        "user_id": theirs.id,
        "invitation_id": invite(db.session(), organisation, "new@people.example", Role.VIEWER).id,
        "mail_id": db.session.query(Mail).one().id,
        "name": factories.event_type(organisation).name,
        "notification_id": noted(organisation, webhook).id,
    }
    adapter = app.url_map.bind("localhost")
    of_kind = {"actions": action.id, "webhooks": webhook.id}

    def path(rule: Rule) -> str:
        values = ids | {"subscription_id": of_kind.get(rule.endpoint.split(".")[0], "")}
        return adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})

    return [
        (rule.endpoint, method, path(rule))
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith(("api.", FOR_OPERATORS))
        and rule.endpoint not in OPEN | OWN_RULES
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def pages_of_operators(app: Flask) -> list[tuple[str, str]]:
    """Method and path of every page and file for operators."""
    parts = {
        "instance_number": 0,
        "queue_name": "deliveries",
        "registry_name": "failed",
        "per_page": 8,
        "order": "asc",
        "page": 1,
        "job_id": "gone",
        "filename": "css/main.css",
    }
    adapter = app.url_map.bind("localhost")
    return [
        (method, adapter.build(rule.endpoint, {a: parts[a] for a in rule.arguments}))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(FOR_OPERATORS)
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def vault() -> Vault:
    return parts().vault


def noted(organisation: Organisation, webhook: Subscription) -> Notification:
    about = NoticeOf(organisation.id, "live", webhook.id)
    with db.engine.begin() as connection:
        notify(connection, about, "endpoint_disabled", "It is off", "Why", utcnow())
    return db.session.query(Notification).one()


def inbox() -> Inbox:
    return db.session.query(Inbox).one()


def ask(who: Person, method: str, path: str) -> int:
    return (who.get(path) if method == "GET" else who.post(path)).status_code


def acme() -> Organisation:
    return db.session.query(Organisation).filter_by(name="Acme").one()


def test_strangers_are_led_to_the_log_in(app: Flask, person: Callable[..., Person]) -> None:
    stranger = person("stranger")
    for endpoint, method, path in pages(app):
        stranger.get("/login")
        response = stranger.get(path) if method == "GET" else stranger.post(path)
        assert response.status_code == 302, endpoint
        assert response.headers["Location"].startswith("/login"), endpoint


def test_outsiders_find_nothing_of_others(app: Flask, person: Callable[..., Person]) -> None:
    targets = pages(app)
    outsider = person("outsider")
    for endpoint, method, path in targets:
        if any(prefix in path for prefix in (*IDS, inbox().token)):
            answer = outsider.get(path) if method == "GET" else outsider.post(path)
            assert answer.status_code == 404, (endpoint, method)
            assert "Acme" not in answer.text
            assert acme().id not in answer.text


def test_viewers_read_everything_and_change_nothing(
    app: Flask, person: Callable[..., Person]
) -> None:
    targets = pages(app)
    viewer = person("viewer", acme())
    before = db.session.query(Delivery).count()
    for endpoint, method, path in targets:
        if endpoint in FOR_ANY_MEMBER | OF_ONES_OWN | OF_OPERATORS:
            continue
        changes = method == "POST" or endpoint in CHANGES | OF_ADMINS
        assert ask(viewer, method, path) == (403 if changes else 200), (endpoint, method)
    assert db.session.query(Delivery).count() == before


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_owners_and_admins_read_everything(
    app: Flask, person: Callable[..., Person], role: str
) -> None:
    targets = pages(app)
    member = person(role, acme())
    for endpoint, method, path in targets:
        if method == "GET":
            absent = {*OF_OPERATORS, *OF_SOMEBODY_ELSE, *OF_TEST_MODE}
            expected = 404 if endpoint in absent else 200
            if role == "admin" and endpoint in OF_OWNERS:
                expected = 403
            assert ask(member, method, path) == expected, endpoint


def test_admins_do_not_what_is_for_owners(app: Flask, person: Callable[..., Person]) -> None:
    targets = pages(app)
    admin = person("admin", acme())
    for endpoint, method, path in targets:
        if endpoint in OF_OWNERS:
            assert ask(admin, method, path) == 403, (endpoint, method)


def test_operators_read_the_outbox_and_nobody_else(
    app: Flask, person: Callable[..., Person]
) -> None:
    targets = [target for target in pages(app) if target[0] in OF_OPERATORS]
    assert len(targets) == len(OF_OPERATORS)
    operator = person("outsider")
    for _, method, path in targets:
        assert ask(operator, method, path) == 404
    db.session.query(User).filter_by(email="outsider@people.example").one().is_operator = True
    db.session.commit()
    for _, method, path in targets:
        assert ask(operator, method, path) == 200


def test_strangers_are_led_to_the_log_in_before_anything_of_operators(
    app: Flask, person: Callable[..., Person]
) -> None:
    stranger = person("stranger")
    for method, path in pages_of_operators(app):
        stranger.get("/login")
        assert ask(stranger, method, path) == 302, path


@pytest.mark.parametrize("role", ["owner", "viewer", "outsider"])
def test_others_find_nothing_of_operators(
    app: Flask, organisation: Organisation, person: Callable[..., Person], role: str
) -> None:
    member = person(role, organisation)
    for method, path in pages_of_operators(app):
        assert ask(member, method, path) == 404, path


def test_operators_find_it_and_change_nothing_without_a_csrf_token(
    app: Flask, person: Callable[..., Person]
) -> None:
    factories.user("ops@example.com", is_operator=True)
    operator = person("stranger").log_in("ops@example.com")
    for method, path in pages_of_operators(app):
        if method == "GET":
            assert operator.client.get(path).status_code == (404 if "gone" in path else 200), path
        else:
            assert operator.client.post(path).status_code == 400, path


def test_every_change_needs_its_csrf_token(app: Flask, person: Callable[..., Person]) -> None:
    targets = pages(app)
    owner = person("owner", acme())
    for endpoint, method, path in targets:
        if method == "POST":
            assert owner.client.post(path).status_code in (400, 422), endpoint
    assert factories.webhook(acme(), "https://still.example").enabled


def test_a_get_changes_nothing(app: Flask, person: Callable[..., Person]) -> None:
    targets = pages(app)
    owner = person("owner", acme())
    counted = (Delivery, AuditEntry, Membership, Mail)
    before = [db.session.query(model).count() for model in counted]
    for _, method, path in targets:
        if method == "GET":
            owner.get(path)
    assert [db.session.query(model).count() for model in counted] == before


def test_no_page_allows_what_is_inline(app: Flask, person: Callable[..., Person]) -> None:
    """No page contains any. Only a mail has its own styles, in a frame without scripts."""
    targets = pages(app)
    owner = person("owner", acme())
    db.session.query(User).filter_by(email="owner@people.example").one().is_operator = True
    db.session.commit()
    for endpoint, method, path in targets:
        if method != "GET":
            continue
        page = owner.get(path)
        policy = page.headers["Content-Security-Policy"]
        if endpoint in ("outbox.html", "mail_preview.show"):
            assert "script-src" not in policy
            assert "sandbox" in policy
        else:
            assert "unsafe" not in policy, endpoint
            assert not INLINE.search(page.text), endpoint


def test_nothing_of_live_is_found_or_shown_in_test_mode(
    app: Flask, person: Callable[..., Person]
) -> None:
    """Both modes share inboxes, members and event types."""
    targets = pages(app)
    owner = person("owner", acme())
    live = {mark for _, _, path in targets for mark in OF_ONE_MODE.findall(path)}
    assert {mark.partition("_")[0] for mark in live} >= {"whk", "act", "msg", "evt", "key"}
    assert any(mark in owner.get("/events/").text for mark in live)
    for endpoint, method, in_live in targets:
        path = in_live.replace("/live/", "/test/", 1)
        if OF_ONE_MODE.search(path):
            assert ask(owner, method, path) == 404, (endpoint, method)
        elif method == "GET" and endpoint not in OF_BOTH_MODES:
            shown = owner.get(path).text
            assert [mark for mark in live if mark in shown] == [], endpoint
    [of_test] = factories.accepted(acme(), mode="test")
    verdicts = owner.get(f"/o/{acme().id}/test/events/{of_test.id}").text
    assert [mark for mark in live if mark in verdicts] == []
