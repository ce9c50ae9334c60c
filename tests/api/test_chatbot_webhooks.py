"""/chatbots/{chatbotId}/webhooks: as Pollybot's document describes it, by session and by key."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import update
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, forget_pings, kind
from tests.support.receiver import Receiver
from webhooks_app.catalogue import CATALOGUE
from webhooks_app.channels.webhook.formats.pollybot import name_of, names_by_own
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, Organisation, Subscription, User, UserSession

PASSWORD = "correct horse battery"
WEBHOOKS = "/api/v1/chatbots/bot_1/webhooks"
PUBLISHED = {
    "name": "Lead Notifications",
    "url": "https://yourapp.example/webhooks/leads",
    "eventTypes": ["LEAD_CREATED"],
    "maxRetries": 3,
    "retryDelay": 1000,
}
LISTED = [
    *("id", "name", "url", "eventTypes", "isActive", "maxRetries", "retryDelay"),
    *("successCount", "failureCount", "lastTriggeredAt", "lastSuccessAt", "createdAt", "updatedAt"),
]
JAVASCRIPT_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

LogIn = Callable[..., FlaskClient]


@pytest.fixture
def logged_in(app: Flask, organisation: Organisation) -> LogIn:
    """A browser in which someone with that role has logged in with the form."""

    def log_in(role: str = "owner", of: Organisation | None = organisation) -> FlaskClient:
        user = factories.user(f"{role}@people.example", PASSWORD)
        if of is not None:
            factories.member(of, user, role)
        browser = app.test_client()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
        assert token
        form = {"csrf_token": token[1], "email": user.email, "password": PASSWORD}
        assert browser.post("/login", data=form).status_code == 302
        return browser

    return log_in


def made(browser: FlaskClient, **fields: object) -> dict[str, Any]:
    response = browser.post(WEBHOOKS, json=PUBLISHED | fields)
    assert response.status_code == 201, response.text
    forget_pings()
    return dict(response.get_json()["webhook"])


def listed(browser: FlaskClient) -> list[dict[str, Any]]:
    content = browser.get(WEBHOOKS).get_json()
    assert list(content) == ["webhooks", "total"]
    assert content["total"] == len(content["webhooks"])
    return list(content["webhooks"])


def says(response: TestResponse, status: int) -> str:
    """What a client of Pollybot shows of a refusal, which is a problem like all others."""
    faults(response)
    content = response.get_json()
    assert (response.status_code, content["message"]) == (status, content["detail"])
    return kind(response)


def test_a_lost_answer_to_a_session_is_asked_for_again_too(logged_in: LogIn) -> None:
    browser, key = logged_in(), {"Idempotency-Key": "once"}
    first, again = (browser.post(WEBHOOKS, json=PUBLISHED, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert first.get_json()["webhook"]["secret"]
    assert len(listed(browser)) == 1


def test_it_is_made_as_published_and_its_secret_is_shown_once(logged_in: LogIn) -> None:
    browser = logged_in()
    response = browser.post(WEBHOOKS, json=PUBLISHED)
    assert response.status_code == 201
    content = response.get_json()
    assert content["message"] == "Webhook created successfully"
    assert content["security"] == {
        "note": "Store the secret securely. It will not be shown again.",
        "headerName": "X-Webhook-Signature",
        "format": "sha256=<hmac_signature>",
    }
    webhook = content["webhook"]
    wanted = [*LISTED[:3], "secret", *LISTED[3:]]
    assert list(webhook) == [n for n in wanted if n not in ("lastTriggeredAt", "lastSuccessAt")]
    assert webhook["secret"].startswith("whsec_")
    assert {name: webhook[name] for name in PUBLISHED} == PUBLISHED
    assert (webhook["isActive"], webhook["successCount"], webhook["failureCount"]) == (True, 0, 0)
    assert re.fullmatch(JAVASCRIPT_ISO, webhook["createdAt"])
    [shown] = listed(browser)
    assert list(shown) == LISTED
    assert (shown["lastTriggeredAt"], shown["lastSuccessAt"]) == (None, None)
    row = db.session.query(Subscription).one()
    assert (row.scope_type, row.scope_id, row.wire_format) == ("chatbot", "bot_1", "pollybot")
    assert row.retry_policy == {"max_retries": 3, "retry_delay_ms": 1000}
    assert browser.get(f"/webhooks/{row.id}").status_code == 200
    assert browser.get(f"{WEBHOOKS}/{row.id}").get_json() == {"webhook": shown}


def test_what_it_delivers_is_signed_and_counted(
    logged_in: LogIn, api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    browser = logged_in()
    made(browser, url=receiver.url)
    api.event(chatbot_id="bot_1")
    api.event(chatbot_id="bot_2")
    drain()
    [request] = receiver.received
    assert b'"event":"LEAD_CREATED"' in request.body
    [shown] = listed(browser)
    assert (shown["successCount"], shown["failureCount"]) == (1, 0)
    assert re.fullmatch(JAVASCRIPT_ISO, shown["lastTriggeredAt"])
    assert re.fullmatch(JAVASCRIPT_ISO, shown["lastSuccessAt"])


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_update_changes_what_it_names(logged_in: LogIn, method: str) -> None:
    browser = logged_in()
    webhook = made(browser)
    body = {"name": "Updated Lead Notifications", "isActive": False}
    response = browser.open(f"{WEBHOOKS}/{webhook['id']}", method=method, json=body)
    assert response.get_json()["message"] == "Webhook updated successfully"
    [shown] = listed(browser)
    assert response.get_json()["webhook"] == shown
    assert {name: shown[name] for name in PUBLISHED} == PUBLISHED | {"name": body["name"]}
    assert shown["isActive"] is False


@pytest.mark.parametrize(
    ("policy", "retries"),
    [
        ("pivot", (5, 60_000)),
        ({"delays": []}, (0, 0)),
        ({"delays": [7200, 5]}, (2, 7_200_000)),
    ],
)
def test_all_that_was_read_may_be_sent_back(
    logged_in: LogIn, organisation: Organisation, policy: Any, retries: tuple[int, int]
) -> None:
    browser = logged_in()
    scope = {"scope_type": "chatbot", "scope_id": "bot_1"}
    row = factories.webhook(organisation, PUBLISHED["url"], retry_policy=policy, **scope)
    [shown] = listed(browser)
    assert (shown["maxRetries"], shown["retryDelay"]) == retries
    again = browser.put(f"{WEBHOOKS}/{row.id}", json=shown)
    assert again.status_code == 200, again.text
    changed = db.session.get_one(Subscription, row.id, populate_existing=True)
    assert (changed.retry_policy, changed.wire_format) == (policy, "standard")


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("pollybot", {"maxRetries": 5}, {"max_retries": 5, "retry_delay_ms": 1000}),
        ("pivra", {"retryDelay": 500}, {"max_retries": 4, "retry_delay_ms": 500}),
        ({"delays": []}, {"maxRetries": 2}, {"max_retries": 2, "retry_delay_ms": 1000}),
        ({"delays": [1.5, 9]}, {"maxRetries": 0}, {"max_retries": 0, "retry_delay_ms": 1500}),
        ({"delays": [7]}, {"name": "Other"}, {"delays": [7]}),
    ],
)
def test_retries_that_are_not_given_stay(
    logged_in: LogIn, organisation: Organisation, before: Any, given: Any, after: Any
) -> None:
    row = factories.webhook(
        organisation,
        PUBLISHED["url"],
        scope_type="chatbot",
        scope_id="bot_1",
        retry_policy=before,
    )
    assert logged_in().patch(f"{WEBHOOKS}/{row.id}", json=given).status_code == 200
    assert db.session.get_one(Subscription, row.id, populate_existing=True).retry_policy == after


def test_a_deleted_one_is_gone(logged_in: LogIn) -> None:
    browser = logged_in()
    path = f"{WEBHOOKS}/{made(browser)['id']}"
    deleted = browser.delete(path)
    assert (deleted.status_code, deleted.get_json()) == (
        200,
        {"message": "Webhook deleted successfully"},
    )
    assert listed(browser) == []
    for again in (browser.get(path), browser.put(path, json={}), browser.delete(path)):
        assert says(again, 404) == "not-found"


def test_only_those_of_the_chatbot_are_listed_and_found(
    logged_in: LogIn, organisation: Organisation
) -> None:
    browser, url = logged_in(), PUBLISHED["url"]
    mine = factories.webhook(organisation, url, scope_type="chatbot", scope_id="bot_1")
    others = [
        factories.webhook(organisation, url, scope_type="chatbot", scope_id="bot_2"),
        factories.webhook(organisation, url, scope_type="room", scope_id="bot_1"),
        factories.webhook(organisation, url),
        factories.action(organisation, url, scope_type="chatbot", scope_id="bot_1"),
        factories.webhook(organisation, url, scope_type="chatbot", scope_id="bot_1", mode="test"),
        factories.webhook(
            factories.organisation("Others"), url, scope_type="chatbot", scope_id="bot_1"
        ),
    ]
    assert [one["id"] for one in listed(browser)] == [mine.id]
    for other in others:
        assert says(browser.get(f"{WEBHOOKS}/{other.id}"), 404) == "not-found"
    assert says(browser.get("/api/v1/chatbots/a%01b/webhooks"), 404) == "not-found"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"eventTypes": ["LEAD_CREATED", "LEAD_CAUGHT"]}, "#/eventTypes/1"),
        ({"eventTypes": ["WEBHOOK_PING"]}, "#/eventTypes/0"),
        ({"eventTypes": []}, "#/eventTypes"),
        ({"eventTypes": "LEAD_CREATED"}, "#/eventTypes"),
        ({"maxRetries": 21}, "#/maxRetries"),
        ({"maxRetries": -1}, "#/maxRetries"),
        ({"maxRetries": "3"}, "#/maxRetries"),
        ({"retryDelay": 99}, "#/retryDelay"),
        ({"retryDelay": 3_600_001}, "#/retryDelay"),
        ({"isActive": "no"}, "#/isActive"),
        ({"url": "http://yourapp.example/"}, "#/url"),
        ({"name": ""}, "#/name"),
        ({"secret": "whsec_mine"}, "#/secret"),
        ({"max_retries": 3}, "#/max_retries"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    logged_in: LogIn, fields: dict[str, Any], where: str
) -> None:
    browser = logged_in()
    response = browser.post(WEBHOOKS, json=PUBLISHED | fields)
    assert says(response, 422) == "invalid-request"
    assert list(faults(response)) == [where]
    changed = browser.put(f"{WEBHOOKS}/{made(browser)['id']}", json=fields)
    assert list(faults(changed)) == [where]


def test_names_of_event_types_go_both_ways() -> None:
    own = names_by_own(CATALOGUE)
    assert len(own) == len(CATALOGUE)
    assert all(own[name_of(name)] == name for name in CATALOGUE)
    published = ("LEAD_CREATED", "LEAD_UPDATED", "CONVERSATION_STARTED", "CONVERSATION_RESOLVED")
    assert set(published) <= set(own)


def test_strangers_get_a_401_and_no_page(client: FlaskClient) -> None:
    for response in (client.get(WEBHOOKS), client.post(WEBHOOKS, json=PUBLISHED)):
        assert says(response, 401) == "unauthorized"
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_opens_nothing_else(logged_in: LogIn) -> None:
    message = {"conversation_id": "c1", "role": "visitor", "text": "Hello"}
    refused = logged_in().post("/api/v1/chatbots/bot_1/messages", json=message)
    assert says(refused, 401) == "unauthorized"


def test_viewers_read_and_change_nothing(logged_in: LogIn, organisation: Organisation) -> None:
    row = factories.webhook(organisation, PUBLISHED["url"], scope_type="chatbot", scope_id="bot_1")
    viewer = logged_in("viewer")
    assert [one["id"] for one in listed(viewer)] == [row.id]
    assert says(viewer.post(WEBHOOKS, json=PUBLISHED), 403) == "forbidden"
    for method in ("PUT", "PATCH", "DELETE"):
        refused = viewer.open(f"{WEBHOOKS}/{row.id}", method=method, json={"name": "Mine"})
        assert says(refused, 403) == "forbidden"
    assert db.session.get_one(Subscription, row.id, populate_existing=True).name == "A webhook"


def test_admins_change(logged_in: LogIn) -> None:
    assert made(logged_in("admin"))


def test_outsiders_find_nothing(logged_in: LogIn, organisation: Organisation) -> None:
    row = factories.webhook(organisation, PUBLISHED["url"], scope_type="chatbot", scope_id="bot_1")
    outsider = logged_in("owner", factories.organisation("Others"))
    assert listed(outsider) == []
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        refused = outsider.open(f"{WEBHOOKS}/{row.id}", method=method, json={})
        assert says(refused, 404) == "not-found"
    member_of_nothing = logged_in("viewer", None)
    assert says(member_of_nothing.get(WEBHOOKS), 404) == "not-found"


def test_the_mode_of_the_session_counts(logged_in: LogIn, test_mode: Api) -> None:
    browser = logged_in()
    with browser.session_transaction() as session:
        session["mode"] = "test"
    made(browser)
    path = WEBHOOKS.removeprefix("/api/v1")
    assert test_mode.get(path).get_json()["total"] == 1


def test_keys_open_it_too(api: Api, outsider: Api) -> None:
    path = WEBHOOKS.removeprefix("/api/v1")
    webhook = api.post(path, PUBLISHED).get_json()["webhook"]
    assert api.get(path).get_json()["total"] == 1
    assert api("PUT", f"{path}/{webhook['id']}", json={"isActive": False}).status_code == 200
    assert outsider.get(f"{path}/{webhook['id']}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_change_nothing(logged_in: LogIn, headers: dict[str, str]) -> None:
    browser = logged_in()
    path = f"{WEBHOOKS}/{made(browser)['id']}"
    for refused in (
        browser.post(WEBHOOKS, json=PUBLISHED, headers=headers),
        browser.put(path, json={"isActive": False}, headers=headers),
        browser.patch(path, json={"isActive": False}, headers=headers),
        browser.delete(path, headers=headers),
    ):
        assert says(refused, 403) == "cross-origin"
    [unchanged] = listed(browser)
    assert unchanged["isActive"]


def test_pages_of_this_site_do(logged_in: LogIn) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert logged_in().post(WEBHOOKS, json=PUBLISHED, headers=headers).status_code == 201


def test_a_form_of_another_site_is_no_json(logged_in: LogIn) -> None:
    """An old browser that does not send the origin can only be made to send forms."""
    browser, body = (
        logged_in(),
        '{"name":"A","url":"https://a.example","eventTypes":["LEAD_CREATED"]}',
    )
    refused = browser.post(WEBHOOKS, data=body, content_type="text/plain")
    assert says(refused, 415) == "unsupported-media-type"


def test_the_session_token_works_as_bearer(
    logged_in: LogIn, client: FlaskClient, organisation: Organisation
) -> None:
    cookie = logged_in().get_cookie("session")
    assert cookie
    headers = factories.bearer(cookie.value) | {"Origin": "https://a.example", "User-Agent": "curl"}
    response = client.post(WEBHOOKS, json=PUBLISHED, headers=headers)
    assert response.status_code == 201
    assert "Set-Cookie" not in response.headers
    assert says(client.get(WEBHOOKS), 401) == "unauthorized"
    assert client.get("/api/v1/webhooks", headers=headers).status_code == 401


def test_a_token_counts_instead_of_the_cookie(logged_in: LogIn) -> None:
    owner = logged_in("owner")
    viewer = logged_in("viewer").get_cookie("session")
    assert viewer
    refused = owner.post(WEBHOOKS, json=PUBLISHED, headers=factories.bearer(viewer.value))
    assert says(refused, 403) == "forbidden"
    forged = viewer.value[:-2] + "xx"
    assert says(owner.get(WEBHOOKS, headers=factories.bearer(forged)), 401) == "unauthorized"
    assert owner.get(WEBHOOKS).status_code == 200


def test_a_token_of_nobody_or_of_long_ago_opens_nothing(
    app: Flask, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside the cookie of somebody who is logged in."""
    browser = logged_in()
    cookie = browser.get_cookie("session")
    assert isinstance(app.session_interface, SecureCookieSessionInterface)
    serializer = app.session_interface.get_signing_serializer(app)
    assert cookie is not None
    assert serializer is not None
    kept, day = serializer.loads(cookie.value), 24 * 3600
    for content, days, status in ((kept, 30, 200), (kept, 32, 401), ({}, 0, 401)):
        then = int(time.time()) - days * day
        with monkeypatch.context() as earlier:
            earlier.setattr(TimestampSigner, "get_timestamp", lambda _, then=then: then)
            token = str(serializer.dumps(content))
        assert browser.get(WEBHOOKS, headers=factories.bearer(token)).status_code == status


def test_a_session_that_was_revoked_opens_nothing(logged_in: LogIn) -> None:
    browser = logged_in()
    cookie = browser.get_cookie("session")
    assert cookie
    db.session.execute(update(UserSession).values(revoked_at=utcnow()))
    db.session.commit()
    for headers in ({}, factories.bearer(cookie.value)):
        assert says(browser.get(WEBHOOKS, headers=headers), 401) == "unauthorized"


def test_the_organisation_that_the_dashboard_shows_counts(
    logged_in: LogIn, organisation: Organisation
) -> None:
    browser = logged_in()
    other = factories.organisation("Other")
    factories.member(other, db.session.query(User).one(), "viewer")
    made(browser)
    with browser.session_transaction() as session:
        session["organisation"] = other.id
    assert listed(browser) == []
    assert says(browser.post(WEBHOOKS, json=PUBLISHED), 403) == "forbidden"


def test_the_audit_log_names_the_person(logged_in: LogIn) -> None:
    made(logged_in("admin"))
    [entry] = db.session.query(AuditEntry).filter_by(target_type="webhook").all()
    assert (entry.actor, entry.action) == ("admin@people.example", "webhook.created")


def test_what_no_endpoint_takes_has_a_message_too(client: FlaskClient) -> None:
    assert says(client.post("/api/v1/chatbots/bot_1/nothing"), 404) == "not-found"
    assert says(client.put(WEBHOOKS), 405) == "method-not-allowed"
