"""The page of API keys: scopes and expiry chosen, shown once, rotated, revoked."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import ApiKey, Organisation
from webhooks_app.people import key_expiry

DAY = timedelta(days=1)


def key() -> ApiKey:
    db.session.rollback()
    return db.session.query(ApiKey).order_by(ApiKey.id.desc()).limit(1).one()


def create(who: Person, **form: object) -> str:
    """The next location, or the page that refuses."""
    who.get("/api-keys/")
    response = who.post(
        "/api-keys/", **({"name": "Backend", "preset": "all", "expires": "never"} | form)
    )
    return response.location or response.text


def shown(who: Person, path: str) -> str:
    found = re.search(r'value="(hk_\w+?_[^"]+)"', who.get(path).text)
    assert found
    return found[1]


def test_a_preset_and_a_life_are_chosen(owner: Person) -> None:
    create(owner, preset="ingest", expires="30")
    made = key()
    assert made.scopes == ["events:write", "messages:write"]
    assert made.expires_at is not None
    assert abs(made.expires_at - utcnow() - 30 * DAY) < timedelta(minutes=1)
    assert made.created_by_name == "owner@people.example"
    page = owner.get("/api-keys/").text
    assert "Send events and messages" in page
    assert "by owner@people.example" in page


def test_scopes_one_by_one_and_a_last_day_in_the_zone_of_the_organisation(owner: Person) -> None:
    owner.get("/settings/organisation/")
    owner.post("/settings/organisation/", name="Acme", time_zone="Europe/Berlin")
    last = date(utcnow().year + 1, 1, 15)
    scopes = ["webhooks:read", "deliveries:read"]
    create(owner, preset="custom", scopes=scopes, expires="day", expires_on=last.isoformat())
    made = key()
    assert set(made.scopes) == set(scopes)
    assert made.expires_at == datetime(last.year, 1, 15, 22, 59, 59, tzinfo=UTC)


def test_scopes_are_of_no_account_beside_a_preset(owner: Person) -> None:
    create(owner, preset="read", scopes=["events:write"])
    assert "events:write" not in key().scopes


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"name": " "}, "1 to 200 printable"),
        ({"preset": "custom"}, "at least one scope"),
        ({"preset": "custom", "scopes": "root"}, "not a valid choice|not valid"),
        ({"preset": "root"}, "[Nn]ot a valid choice"),
        ({"expires": "tomorrow"}, "[Nn]ot a valid choice"),
        ({"expires": "day"}, "Choose the last day"),
        ({"expires": "day", "expires_on": "2020-01-01"}, "within the next 5 years"),
        ({"expires": "day", "expires_on": "9999-12-31"}, "within the next 5 years"),
        ({"expires": "day", "expires_on": "soon"}, "Not a valid date"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    owner: Person, form: dict[str, object], reason: str
) -> None:
    page = create(owner, **form)
    assert re.search(reason, page), page
    assert 'class="error"' in page
    assert db.session.query(ApiKey).count() == 0


def test_a_rotated_key_is_shown_once_and_the_old_one_says_when_it_ends(
    owner: Person, client: FlaskClient
) -> None:
    old_token = shown(owner, create(owner))
    old = key()
    assert "Rotate Backend?" in owner.get(f"/api-keys/{old.id}/rotate").text
    assert owner.post(f"/api-keys/{old.id}/rotate", overlap="5").status_code == 422
    made = owner.post(f"/api-keys/{old.id}/rotate", overlap="72").location
    token = shown(owner, made)
    for one in (old_token, token):
        found = client.get("/api/v1/webhooks", headers=factories.bearer(one))
        assert found.status_code == 200
    page = owner.get("/api-keys/").text
    assert "rotated</span>" in page
    assert owner.post(f"/api-keys/{old.id}/rotate", overlap="72").status_code == 409


def test_an_expired_key_stays_in_sight_until_it_is_removed(
    owner: Person, organisation: Organisation
) -> None:
    factories.api_key(organisation, name="Old", expires_at=utcnow() - DAY)
    page = owner.get("/api-keys/").text
    assert "expired</span>" in page
    assert ">Remove</a>" in page
    old = key()
    assert "has expired" in owner.get(f"/api-keys/{old.id}/revoke").text
    owner.post(f"/api-keys/{old.id}/revoke")
    assert "expired</span>" not in owner.get("/api-keys/").text


def test_it_says_when_and_from_where_it_was_used(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    factories.api_key(organisation, last_used_at=utcnow(), last_used_ip="203.0.113.7")
    viewer = person("viewer", organisation)
    for who in (owner, viewer):
        for path in ("/api-keys/", f"/api-keys/{key().id}"):
            assert "203.0.113.7" in who.get(path).text
    assert "/rotate" not in viewer.get(f"/api-keys/{key().id}").text
    assert "It is in use" in owner.get(f"/api-keys/{key().id}/revoke").text


def test_a_notification_of_a_key_leads_to_the_keys(
    owner: Person, organisation: Organisation
) -> None:
    now = utcnow()
    factories.api_key(organisation, name="Old", created_at=now - 99 * DAY, expires_at=now + DAY)
    assert key_expiry.warn(db.session(), now) == 1
    page = owner.get("/notifications/").text
    assert "The API key Old expires soon" in page
    assert '<a href="/api-keys/">View API keys</a>' in page
