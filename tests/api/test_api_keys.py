"""Keys by key: shown once, and never stronger than the key that makes them."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import factories
from tests.api.conftest import Api, faults, kind
from webhooks_app.extensions import db
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import ApiKey, Organisation
from webhooks_app.people.api_keys import PRESETS, SCOPES

# The SQL is that of pages, which are tested on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

DAY = timedelta(days=1)
OWN = ["keys:read", "keys:write", "events:write"]


def with_key(client: FlaskClient, organisation: Organisation, **more: object) -> Api:
    return Api(client, factories.api_key(organisation, **{"scopes": OWN, **more}))  # type: ignore[arg-type]


def names(api: Api) -> list[str]:
    return [one["name"] for one in api.get("/api-keys").get_json()["data"]]


def test_a_new_key_works_and_its_token_is_shown_once(client: FlaskClient, api: Api) -> None:
    made = api.post("/api-keys", {"name": "Import", "scopes": ["webhooks:read"]})
    key = made.get_json()
    assert (made.status_code, key["scopes"], key["expires_at"]) == (201, ["webhooks:read"], None)
    assert made.headers["Location"].endswith(f"/api/v1/api-keys/{key['id']}")
    new = Api(client, key["token"])
    assert new.get("/webhooks").status_code == 200
    assert kind(new.get("/actions")) == "insufficient-scope"
    shown = api.get(f"/api-keys/{key['id']}").get_json()
    assert (shown["hint"], "token" in shown) == (key["token"][-4:], False)
    assert names(api) == ["Import", "test"]
    assert key["token"] not in api.get("/api-keys").text


def test_a_preset_stands_for_its_scopes(api: Api) -> None:
    made = api.post("/api-keys", {"name": "In", "preset": "ingest"}).get_json()
    assert set(made["scopes"]) == set(PRESETS["ingest"].scopes)


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"scopes": ["events:write", "webhooks:read"]}, "#/scopes"),
        ({"preset": "all"}, "#/preset"),
        ({"preset": "read"}, "#/preset"),
        ({"preset": "root"}, "#/preset"),
        ({"scopes": ["root"]}, "#/scopes"),
        ({"scopes": []}, "#/scopes"),
        ({}, "#"),
        ({"scopes": ["events:write"], "preset": "ingest"}, "#"),
        ({"scopes": ["events:write"], "expires_at": "2001-01-01T00:00:00Z"}, "#/expires_at"),
        ({"scopes": ["events:write"], "expires_at": "soon"}, "#/expires_at"),
    ],
)
def test_no_key_makes_one_that_can_do_more(
    client: FlaskClient, organisation: Organisation, body: dict[str, object], at: str
) -> None:
    api = with_key(client, organisation)
    assert list(faults(api.post("/api-keys", {"name": "More", **body}))) == [at]
    assert names(api) == ["test"]


def test_each_scope_is_given_only_by_a_key_that_has_it(
    client: FlaskClient, organisation: Organisation
) -> None:
    some = with_key(client, organisation)
    for scope in SCOPES:
        asked = {"name": "One", "scopes": [scope]}
        rest = [one for one in SCOPES if one != scope or one == "keys:write"]
        without = with_key(client, organisation, scopes=rest)
        expected = 201 if scope == "keys:write" else 422
        assert without.post("/api-keys", asked).status_code == expected, scope
        assert some.post("/api-keys", asked).status_code == (201 if scope in OWN else 422), scope


def test_no_key_makes_one_that_lives_longer(
    client: FlaskClient, organisation: Organisation
) -> None:
    ends = utcnow() + DAY
    api = with_key(client, organisation, expires_at=ends)
    asked = {"name": "Long", "scopes": ["events:write"]}
    for longer in (None, rfc3339(ends + DAY)):
        assert list(faults(api.post("/api-keys", {**asked, "expires_at": longer}))) == [
            "#/expires_at"
        ]
    assert api.post("/api-keys", asked).get_json()["expires_at"] == rfc3339(ends)
    sooner = rfc3339(ends - DAY / 2)
    made = api.post("/api-keys", {**asked, "expires_at": sooner}).get_json()
    assert made["expires_at"] == sooner


def test_a_key_makes_keys_of_its_own_mode_and_sees_no_others(api: Api, test_mode: Api) -> None:
    made = test_mode.post("/api-keys", {"name": "T", "preset": "all"}).get_json()
    assert made["token"].startswith("hk_test_")
    assert "T" not in names(api)
    for answer in (
        api.get(f"/api-keys/{made['id']}"),
        api.post(f"/api-keys/{made['id']}/rotate"),
        api("DELETE", f"/api-keys/{made['id']}"),
    ):
        assert answer.status_code == 404


def test_a_key_rotates_itself_and_both_work_for_a_while(
    client: FlaskClient, organisation: Organisation
) -> None:
    api = with_key(client, organisation, id="key_own", expires_at=utcnow() + DAY)
    made = api.post("/api-keys/key_own/rotate", {"overlap_hours": 2})
    new = made.get_json()
    assert (made.status_code, new["scopes"], new["name"]) == (201, sorted_scopes(OWN), "test")
    assert api.get("/api-keys/key_own").get_json()["replaced_by"] == new["id"]
    assert Api(client, new["token"]).get("/api-keys").status_code == 200
    assert kind(api.post("/api-keys/key_own/rotate")) == "conflict"


def test_a_key_that_ends_does_not_renew_its_life(
    client: FlaskClient, organisation: Organisation
) -> None:
    ends = utcnow() + DAY
    made = utcnow() - 10 * DAY
    api = with_key(client, organisation, id="key_own", expires_at=ends, created_at=made)
    new = api.post("/api-keys/key_own/rotate").get_json()
    assert new["expires_at"] == rfc3339(ends)
    again = Api(client, new["token"]).post(f"/api-keys/{new['id']}/rotate").get_json()
    assert again["expires_at"] == rfc3339(ends)
    forever = with_key(client, organisation, id="key_ever")
    assert forever.post("/api-keys/key_ever/rotate").get_json()["expires_at"] is None


def sorted_scopes(scopes: list[str]) -> list[str]:
    return [one for one in SCOPES if one in scopes]


def test_a_stronger_key_is_not_rotated(client: FlaskClient, organisation: Organisation) -> None:
    """Its new token would be shown."""
    factories.api_key(organisation, id="key_strong", scopes=["events:read"])
    factories.api_key(organisation, id="key_forever", scopes=["events:write"])
    api = with_key(client, organisation, expires_at=utcnow() + DAY)
    for key_id, why in (("key_strong", "events:read"), ("key_forever", "expire later")):
        refused = api.post(f"/api-keys/{key_id}/rotate")
        assert (refused.status_code, kind(refused)) == (409, "conflict")
        assert why in refused.get_json()["detail"]
    row = db.session.scalar(select(ApiKey).where(ApiKey.id == "key_strong"))
    assert row is not None
    assert row.replaced_by is None
    whole = with_key(client, organisation)
    assert whole.post("/api-keys/key_forever/rotate").status_code == 201


def test_a_revoked_key_is_gone(client: FlaskClient, api: Api) -> None:
    made = api.post("/api-keys", {"name": "Old", "preset": "read"}).get_json()
    assert api("DELETE", f"/api-keys/{made['id']}").status_code == 204
    assert api.get(f"/api-keys/{made['id']}").status_code == 404
    assert Api(client, made["token"]).get("/webhooks").status_code == 401


def test_outsiders_find_nothing(api: Api, outsider: Api) -> None:
    made = api.post("/api-keys", {"name": "Ours", "preset": "read"}).get_json()
    assert names(outsider) == ["test"]
    assert outsider("DELETE", f"/api-keys/{made['id']}").status_code == 404
