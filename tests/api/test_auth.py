"""Who may use the API, and for what."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests import factories
from tests.api.conftest import Api, faults, kind
from tests.support.servers import wait_until
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Organisation
from webhooks_app.people import api_keys

ENDPOINTS = [
    ("POST", "/events", "events:write"),
    ("POST", "/events/batch", "events:write"),
    ("POST", "/chatbots/bot_1/messages", "messages:write"),
    ("POST", "/webhooks", "webhooks:write"),
    ("GET", "/webhooks", "webhooks:read"),
    ("GET", "/webhooks/whk_1", "webhooks:read"),
    ("PATCH", "/webhooks/whk_1", "webhooks:write"),
    ("DELETE", "/webhooks/whk_1", "webhooks:write"),
    ("POST", "/webhooks/whk_1/test", "webhooks:write"),
    ("POST", "/webhooks/whk_1/rotate-secret", "webhooks:write"),
    ("GET", "/chatbots/bot_1/webhooks", "webhooks:read"),
    ("POST", "/chatbots/bot_1/webhooks", "webhooks:write"),
    ("GET", "/chatbots/bot_1/webhooks/whk_1", "webhooks:read"),
    ("PUT", "/chatbots/bot_1/webhooks/whk_1", "webhooks:write"),
    ("PATCH", "/chatbots/bot_1/webhooks/whk_1", "webhooks:write"),
    ("DELETE", "/chatbots/bot_1/webhooks/whk_1", "webhooks:write"),
    ("POST", "/event-types", "event-types:write"),
    ("PATCH", "/event-types/a.b", "event-types:write"),
    ("DELETE", "/event-types/a.b", "event-types:write"),
    ("GET", "/deliveries", "deliveries:read"),
    ("GET", "/deliveries/msg_1", "deliveries:read"),
    ("POST", "/deliveries/msg_1/replay", "deliveries:write"),
]
OPEN_TO_ANY_KEY = {("GET", "/event-types"), ("GET", "/event-types/<name>")}


def _rule(path: str) -> str:
    ids = {
        "whk_1": "<webhook_id>",
        "msg_1": "<delivery_id>",
        "bot_1": "<chatbot_id>",
        "a.b": "<name>",
    }
    for example, part in ids.items():
        path = path.replace(example, part)
    return path


def test_the_table_above_holds_every_endpoint(app: Flask) -> None:
    routes = {
        (method, rule.rule.removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(m, _rule(p)) for m, p, _ in ENDPOINTS} | OPEN_TO_ANY_KEY


@pytest.mark.parametrize(("method", "path", "scope"), ENDPOINTS)
def test_every_endpoint_needs_a_key_and_its_scope(
    client: FlaskClient, organisation: Organisation, method: str, path: str, scope: str
) -> None:
    others = [one for one in api_keys.SCOPES if one != scope]
    without = Api(client, factories.api_key(organisation, scopes=others))(method, path)
    assert (without.status_code, kind(without)) == (403, "insufficient-scope")
    assert scope in without.headers["WWW-Authenticate"]
    with_it = Api(client, factories.api_key(organisation, scopes=[scope]))(method, path)
    assert with_it.status_code not in (401, 403)
    stranger = Api(client, "hk_live_nobody")(method, path)
    assert (stranger.status_code, kind(stranger)) == (401, "unauthorized")


@pytest.mark.parametrize("header", [None, "", "Basic YTpi", "Bearer", "Bearer  ", "hk_live_x"])
def test_without_a_bearer_key_it_is_a_401(client: FlaskClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = client.get("/api/v1/webhooks", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert faults(response) == {}


def test_a_revoked_key_opens_nothing(api: Api) -> None:
    assert api.get("/webhooks").status_code == 200
    key = db.session.scalars(select(ApiKey)).one()
    api_keys.revoke(db.session(), key)
    assert api.get("/webhooks").status_code == 401


def test_a_key_revoked_by_another_process_opens_nothing_after_a_second(api: Api) -> None:
    assert api.get("/webhooks").status_code == 200
    db.session.execute(update(ApiKey).values(revoked_at=utcnow()))
    db.session.commit()
    wait_until(lambda: api.get("/webhooks").status_code == 401, 2)


def test_the_key_is_kept_as_a_digest_only_and_its_use_is_noted(api: Api) -> None:
    api.get("/webhooks")
    key = db.session.scalars(select(ApiKey)).one()
    assert key.last_used_at is not None
    assert api.token not in str(vars(key))
    noted = key.last_used_at
    api.get("/webhooks")
    db.session.expire_all()
    assert db.session.scalars(select(ApiKey)).one().last_used_at == noted


def test_a_session_cookie_is_no_key(client: FlaskClient) -> None:
    user = factories.user()
    factories.member(factories.organisation(), user)
    with client.session_transaction() as session:
        session["_user_id"] = user.id
    assert client.get("/api/v1/webhooks").status_code == 401


def test_paths_and_methods_that_do_not_exist_are_problems_too(client: FlaskClient) -> None:
    nowhere = client.get("/api/v1/nowhere")
    assert (nowhere.status_code, kind(nowhere)) == (404, "not-found")
    wrong = client.put("/api/v1/events")
    assert (wrong.status_code, kind(wrong)) == (405, "method-not-allowed")
    assert "POST" in wrong.headers["Allow"]


def test_the_catalogue_is_open_to_any_key(api: Api) -> None:
    types = {kind["name"]: kind for kind in api.get("/event-types").get_json()["data"]}
    assert "lead.captured" in types
    assert types["lead.captured"]["sample"]
    assert types["lead.captured"]["description"]
