"""Named filters of the deliveries and events; each member has their own."""

import re
from collections.abc import Callable

import pytest

from tests.web.conftest import Person
from webhooks_app.models import Organisation
from webhooks_app.people import saved_views


def save(person: Person, page: str, name: str, **filters: str) -> str:
    person.get(f"/{page}/")
    return person.post("/saved-views/", page=page, name=name, **filters).location


@pytest.mark.parametrize(
    ("page", "filters"),
    [
        ("deliveries", {"status": "failed", "window": "24h"}),
        ("events", {"type": "lead.captured", "field": "email: ada@example.com"}),
    ],
)
def test_filters_are_named_kept_and_deleted(
    owner: Person, page: str, filters: dict[str, str]
) -> None:
    asked = owner.get(f"/{page}/", **filters).text
    assert "Save this view" in asked
    save(owner, page, "Mine", **filters)
    shown = owner.get(f"/{page}/").text
    [href] = re.findall(rf'href="(/{page}/\?[^"]+)"[^>]*>[^M]*Mine', shown)
    opened = owner.get(href.replace("&amp;", "&")).text
    assert 'aria-current="true"' in opened
    assert "Save this view" not in opened
    [delete] = re.findall(r'action="(/saved-views/[^"]+/delete)"', opened)
    owner.post(delete)
    after = owner.get(f"/{page}/").text
    assert "The view Mine was deleted." in after
    assert 'aria-label="Saved views"' not in after


def test_the_same_name_means_the_newest_filters(owner: Person) -> None:
    save(owner, "deliveries", "Bad", status="failed")
    save(owner, "deliveries", "Bad", status="cancelled")
    page = owner.get("/deliveries/").text
    assert "status=cancelled" in page
    assert page.count('href="/deliveries/?status=') == 1


def test_what_has_no_name_or_is_one_too_many_is_not_kept(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(owner, "events", "  ", type="lead.captured")
    assert "Give the view a name" in owner.get("/events/").text
    monkeypatch.setattr(saved_views, "MOST", 1)
    save(owner, "events", "One", type="lead.captured")
    save(owner, "events", "Two", type="lead.captured")
    page = owner.get("/events/").text
    assert "You have 1 views of this list" in page
    assert owner.post("/saved-views/", page="members", name="x").status_code == 400


def test_others_neither_see_nor_delete_it(
    owner: Person, organisation: Organisation, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", organisation)
    save(viewer, "deliveries", "Of the viewer", status="failed")
    page = viewer.get("/deliveries/", status="failed").text
    [delete] = re.findall(r'action="(/saved-views/[^"]+/delete)"', page)
    assert "Of the viewer" not in owner.get("/deliveries/").text
    assert owner.post(delete).status_code == 404
    viewer.go_to("test")
    assert "Of the viewer" not in viewer.get("/deliveries/").text
