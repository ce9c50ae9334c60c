"""A form that was opened before someone else saved says so, and loses nothing that was typed."""

from collections.abc import Callable
from typing import Any

import pytest

from tests import factories
from tests.support.html_forms import untouched
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.models import Organisation, Subscription

URL = "https://receiver.example/hook"
NEWER = "https://receiver.example/newer"


def opened(person: Person, row: Subscription) -> dict[str, Any]:
    page = person.get(f"/webhooks/{row.id}/edit").text
    return untouched(page, having="version") | {"save": ["Save"]}


def stored(row: Subscription) -> Subscription:
    db.session.rollback()
    db.session.refresh(row)
    return row


def test_it_says_who_changed_what_and_keeps_what_was_typed(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    row = factories.webhook(organisation, URL)
    path = f"/webhooks/{row.id}/edit"
    form = opened(owner, row) | {"description": ["typed with care"]}
    admin = person("admin", organisation)
    theirs = opened(admin, row) | {"url": [NEWER], "name": ["Renamed"]}
    assert admin.client.post(path, data=theirs).status_code == 302
    refused = owner.client.post(path, data=form)
    assert refused.status_code == 422
    for shown in ("someone else changed this", "admin@people.example changed Name, URL", "typed"):
        assert shown in refused.text
    assert (stored(row).url, row.description) == (NEWER, "")
    again = untouched(refused.text, having="version") | {"save": ["Save"]}
    assert again["description"] == ["typed with care"]
    assert owner.client.post(path, data=again).status_code == 302
    assert (stored(row).url, row.description) == (URL, "typed with care")


def test_an_api_key_that_changed_it_is_named(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL)
    form = opened(owner, row)
    headers = factories.bearer(factories.api_key(organisation))
    owner.client.patch(f"/api/v1/webhooks/{row.id}", json={"url": NEWER}, headers=headers)
    refused = owner.client.post(f"/webhooks/{row.id}/edit", data=form)
    assert (refused.status_code, "changed URL" in refused.text) == (422, True)


@pytest.mark.parametrize("what", ["toggle", "rotate"])
def test_what_the_form_does_not_show_is_no_conflict(
    owner: Person, organisation: Organisation, what: str
) -> None:
    row = factories.webhook(organisation, URL)
    form = opened(owner, row) | {"description": ["typed"]}
    fields = {"enabled": "0"} if what == "toggle" else {"overlap": "24"}
    owner.post(f"/webhooks/{row.id}/{what}", **fields)
    assert owner.client.post(f"/webhooks/{row.id}/edit", data=form).status_code == 302
    assert stored(row).description == "typed"


@pytest.mark.parametrize("version", ["", "nonsense", "0 yesterday", "1\0 x"])
def test_a_version_that_was_never_given_out_is_stale(
    owner: Person, organisation: Organisation, version: str
) -> None:
    row = factories.webhook(organisation, URL)
    form = opened(owner, row) | {"version": [version]}
    assert owner.client.post(f"/webhooks/{row.id}/edit", data=form).status_code == 422


@pytest.mark.parametrize("index", ["²", "٣", "-1", "9" * 5000, "x", ""])
@pytest.mark.parametrize("path", ["webhooks", "actions"])
def test_odd_rows_of_conditions_are_none(owner: Person, path: str, index: str) -> None:
    owner.get(f"/{path}/new")
    fields = {f"conditions-{index}-field": "a", "name": "A", "save": "Save"}
    for page in ("new", "preview"):
        assert owner.post(f"/{path}/{page}", **fields).status_code in (200, 422)
