"""A row that cannot be read breaks no list, page or answer, and can be fixed or deleted."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from tests import factories
from tests.support.html_forms import untouched
from tests.web.conftest import PASSWORD, Person
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Subscription

URL = "https://receiver.example/hook"
JUNK = [
    ("conditions", [{"field": "a", "operator": "no such", "value": 1}]),
    ("conditions", {"not": "a list"}),
    ("event_types", None),
    ("event_types", []),
    ("changed_fields", 5),
    ("match", "some"),
    ("retry_policy", {"delays": ["soon"]}),
    ("retry_policy", None),
    ("rate_limit", -1.0),
    ("timeout", 1e9),
    ("wire_format", "gone"),
]
everything = pytest.mark.parametrize(("member", "junk"), JUNK)


@pytest.fixture
def organisation(app: object) -> Organisation:
    organisation = factories.organisation()
    factories.member(organisation, factories.user("owner@example.com", PASSWORD))
    return organisation


@pytest.fixture
def owner(client: FlaskClient, organisation: Organisation) -> Person:
    return Person(client).log_in("owner@example.com")


def broken(organisation: Organisation, member: str, junk: Any, kind: str = "webhook") -> str:
    make = factories.webhook if kind == "webhook" else factories.action
    row = make(organisation, URL, name="Damaged")
    damage = update(Subscription).where(Subscription.id == row.id).values({member: junk})
    db.session.execute(damage)
    db.session.commit()
    return row.id


@everything
def test_pages_and_answers_show_it_as_broken(
    organisation: Organisation, owner: Person, member: str, junk: Any
) -> None:
    headers = factories.bearer(factories.api_key(organisation))
    good = factories.webhook(organisation, URL, name="Sound").id
    (accepted,) = factories.accepted(organisation)
    id_ = broken(organisation, member, junk)
    broken(organisation, member, junk, "action")
    for path in ("/webhooks/", "/actions/", f"/webhooks/{id_}", f"/webhooks/{id_}/edit"):
        page = owner.get(path)
        assert page.status_code == 200, path
        assert "cannot be read" in page.text, path
    assert "Sound" in owner.get("/webhooks/").text
    for path in (f"{id_}/logs", f"{id_}/delete", f"{id_}/rotate", f"{id_}/secret"):
        assert owner.get(f"/webhooks/{path}").status_code == 200, path
    assert owner.get(f"/events/{accepted.id}").status_code == 200
    listed = owner.client.get("/api/v1/webhooks", headers=headers).get_json()["data"]
    assert {one["id"] for one in listed} == {id_, good}
    one = owner.client.get(f"/api/v1/webhooks/{id_}", headers=headers).get_json()
    assert "cannot be read" in one["disabled_reason"]
    pollybots = owner.client.get("/api/v1/chatbots/bot_1/webhooks", headers=headers)
    assert pollybots.status_code == 200


@everything
def test_it_is_not_switched_on_tested_or_copied(
    organisation: Organisation, owner: Person, member: str, junk: Any
) -> None:
    id_ = broken(organisation, member, junk)
    owner.get("/webhooks/")
    assert owner.post(f"/webhooks/{id_}/test").status_code == 409
    assert owner.post(f"/webhooks/{id_}/duplicate").status_code == 409
    assert owner.post(f"/webhooks/{id_}/toggle", enabled="0").status_code == 302
    assert owner.post(f"/webhooks/{id_}/toggle", enabled="1").status_code == 409


@everything
def test_it_is_mended_by_its_form_or_by_the_api_or_deleted(
    organisation: Organisation, owner: Person, member: str, junk: Any
) -> None:
    id_ = broken(organisation, member, junk)
    path = f"/webhooks/{id_}/edit"
    fields: dict[str, Any] = untouched(owner.get(path).text, having="version")
    fields |= {"event_types": ["lead.captured"], "save": "Save"}
    assert owner.client.post(path, data=fields).status_code == 302
    assert "cannot be read" not in owner.get(f"/webhooks/{id_}").text

    other = broken(organisation, member, junk)
    headers = factories.bearer(factories.api_key(organisation))
    patch = f"/api/v1/webhooks/{other}"
    refused = owner.client.patch(patch, json={"description": "x"}, headers=headers)
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"].startswith(f"#/{member}")
    fixed = {member: SOUND[member]}
    assert owner.client.patch(patch, json=fixed, headers=headers).status_code == 200
    third = broken(organisation, member, junk)
    owner.get("/webhooks/")
    assert owner.post(f"/webhooks/{third}/delete").status_code == 302


SOUND: dict[str, Any] = {
    "conditions": [],
    "event_types": ["lead.captured"],
    "changed_fields": [],
    "match": "all",
    "retry_policy": "pivot",
    "rate_limit": None,
    "timeout": None,
    "wire_format": "standard",
}
