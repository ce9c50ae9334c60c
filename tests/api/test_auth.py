"""Who may use the API, and for what."""

import re
from datetime import timedelta
from functools import partial

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests import factories
from tests.api.conftest import Api, faults, kind
from tests.support.documented import DOCUMENT
from tests.support.servers import PATIENCE, wait_until
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Organisation
from webhooks_app.people import api_keys, key_check


def test_every_endpoint_needs_a_key_and_its_scope(
    client: FlaskClient, organisation: Organisation
) -> None:
    """As the document says it: see `test_openapi` for what that holds."""
    stranger = Api(client, "hk_live_nobody")
    needed = set()
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            way, ask = operation.get("security", [{"key": []}]), partial(_ask, method, path)
            if not way:
                continue
            assert kind(ask(stranger)) == "unauthorized", path
            scopes = way[0]["key"]
            needed |= set(scopes)
            others = [one for one in api_keys.SCOPES if one not in scopes]
            without = ask(Api(client, factories.api_key(organisation, scopes=others)))
            if scopes:
                assert (without.status_code, kind(without)) == (403, "insufficient-scope"), path
                assert scopes[0] in without.headers["WWW-Authenticate"]
            with_it = ask(Api(client, factories.api_key(organisation, scopes=scopes)))
            assert with_it.status_code not in (401, 403), path
    assert needed == set(api_keys.SCOPES)


def _ask(method: str, path: str, api: Api) -> TestResponse:
    return api(method.upper(), re.sub(r"{\w+}", "whk_1", path))


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
    refused = api.get("/webhooks")
    assert refused.status_code == 401
    assert "This API key was revoked on 20" in refused.get_json()["detail"]


def test_an_expired_key_opens_nothing_and_says_so(
    client: FlaskClient, organisation: Organisation
) -> None:
    past, future = (utcnow() + timedelta(seconds=seconds) for seconds in (-1, 60))
    expired = Api(client, factories.api_key(organisation, expires_at=past)).get("/webhooks")
    assert (expired.status_code, kind(expired)) == (401, "unauthorized")
    assert f"This API key expired on {past:%Y-%m-%d at %H:%M} UTC" in expired.get_json()["detail"]
    assert Api(client, factories.api_key(organisation, expires_at=future)).get("/webhooks")
    unknown = Api(client, "hk_live_nobody").get("/webhooks")
    assert unknown.get_json()["detail"] == "This API key is not known."


def test_a_key_that_expires_meanwhile_opens_nothing_after_a_second(
    client: FlaskClient, organisation: Organisation
) -> None:
    soon = utcnow() + timedelta(seconds=4)
    api = Api(client, factories.api_key(organisation, expires_at=soon))
    assert api.get("/webhooks").status_code == 200
    wait_until(lambda: api.get("/webhooks").status_code == 401, 4)


def test_a_key_revoked_by_another_process_opens_nothing_after_a_second(api: Api) -> None:
    assert api.get("/webhooks").status_code == 200
    db.session.execute(update(ApiKey).values(revoked_at=utcnow()))
    db.session.commit()
    wait_until(lambda: api.get("/webhooks").status_code == 401, 2)


def test_the_key_is_kept_as_a_digest_only_and_its_use_is_noted(api: Api) -> None:
    api.get("/webhooks")
    key = stored_key()
    assert key.last_used_at is not None
    assert key.last_used_ip == "127.0.0.1"
    assert api.token not in str(vars(key))
    noted = key.last_used_at
    key_check.forget(key.digest)
    api.get("/webhooks")
    assert stored_key().last_used_at == noted


def test_a_use_after_a_minute_is_noted_with_its_address(api: Api) -> None:
    before = utcnow() - timedelta(seconds=61)
    db.session.execute(update(ApiKey).values(last_used_at=before, last_used_ip="203.0.113.1"))
    db.session.commit()
    api("GET", "/webhooks", environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert stored_key().last_used_ip == "203.0.113.7"
    noted = stored_key().last_used_at
    assert noted is not None
    assert noted > before


def test_a_use_is_noted_of_that_key_alone(api: Api, organisation: Organisation) -> None:
    factories.api_key(organisation, id="key_unused")
    api.get("/webhooks")
    key_check.NOTES.submit(int).result(PATIENCE)
    used = {key.id: key.last_used_at for key in db.session.scalars(select(ApiKey))}
    assert used.pop("key_unused") is None
    assert None not in used.values()


def test_a_busy_database_holds_up_no_request_for_a_note(api: Api) -> None:
    """While someone else locks the key, the answer comes at once, and the note later."""
    with db.engine.begin() as connection:
        connection.execute(update(ApiKey).values(name="Locked"))
        assert api.get("/webhooks").status_code == 200
        noted = select(ApiKey.last_used_at)
        assert connection.scalar(noted) is None
    assert stored_key().last_used_at is not None


def stored_key() -> ApiKey:
    """The key once its use is recorded.

    The test holds no transaction, which SQLite would wait for.
    """
    db.session.rollback()
    key_check.NOTES.submit(int).result(PATIENCE)
    db.session.expire_all()
    return db.session.scalars(select(ApiKey)).one()


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


def shared_rows() -> dict[str, list[str]]:
    """The number of rows in every table that belongs to an organisation and to no mode."""
    db.session.rollback()
    return {
        table.name: sorted(map(str, db.session.execute(select(table)).all()))
        for table in db.metadata.sorted_tables
        if table.name == "organisations" or ("organisation_id" in table.c and "mode" not in table.c)
    }


def test_a_test_key_changes_nothing_that_live_shares(
    client: FlaskClient, organisation: Organisation
) -> None:
    """Every endpoint, with a valid body."""
    name = factories.event_type(organisation).name
    key = Api(client, factories.api_key(organisation, "test"))
    bodies: dict[str, object] = {
        "/event-types": {"name": "order.sent", "sample": {}},
        f"/event-types/{name}": {"title": "Taken over"},
        "/events": {"type": "lead.captured", "data": {}},
    }
    before = shared_rows()
    assert before["event_types"]
    for template, methods in DOCUMENT["paths"].items():
        path = re.sub(r"{\w+}", "whk_1", template.replace("{name}", name))
        for method in set(methods) - {"get"}:
            key(method.upper(), path, json=bodies.get(path, {}))
    assert shared_rows() == before
    refused = key("DELETE", f"/event-types/{name}")
    assert (refused.status_code, kind(refused)) == (403, "live-key-needed")
    assert (
        Api(client, factories.api_key(organisation)).get(f"/event-types/{name}").status_code == 200
    )


def test_a_live_key_changes_event_types(client: FlaskClient, organisation: Organisation) -> None:
    name = factories.event_type(organisation).name
    key = Api(client, factories.api_key(organisation, "live"))
    assert key.patch(f"/event-types/{name}", {"title": "Paid"}).status_code == 200
    assert key("DELETE", f"/event-types/{name}").status_code == 204
