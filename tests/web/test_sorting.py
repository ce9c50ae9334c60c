"""Tables that people sort by a column: the links, the choice, and the order of the rows."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import factories
from tests.web.conftest import Person
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation

HEADS = {
    "/webhooks/": ["name", "health", "last", "success"],
    "/api-keys/": ["name", "created", "used", "expires"],
    "/members/": ["name", "email", "role"],
}
LISTED = {"/actions/": [], "/event-types/": [], **HEADS}


def links(page: str) -> dict[str, dict[str, list[str]]]:
    """The query of the link in each head, by the column that it sorts by."""
    found = re.findall(r'class="sort" href="([^"]+)"', page)
    queries = [parse_qs(urlsplit(href.replace("&amp;", "&")).query) for href in found]
    return {query["sort"][0]: query for query in queries}


def places(page: str, *texts: str) -> list[str]:
    return sorted(texts, key=page.index)


@pytest.fixture
def webhooks(organisation: Organisation) -> None:
    for name in ("Old CRM", "Billing", "crm"):
        factories.webhook(
            organisation, "https://example.com/", name=name, metadata_={"team": "sales"}
        )
    factories.action(organisation, "https://example.com/", name="An action")


@pytest.mark.parametrize("path", LISTED)
def test_a_list_offers_its_columns_and_refuses_others(
    owner: Person, webhooks: None, organisation: Organisation, path: str
) -> None:
    factories.api_key(organisation)
    page = owner.get(path).text
    assert list(links(page)) == LISTED[path]
    assert 'id="sort" name="sort"' in page
    assert "aria-sort" not in page
    for wrong in ({"sort": "nothing"}, {"sort": "name", "dir": "up"}, {"dir": "up"}):
        assert owner.get(path, **wrong).status_code == 400


@pytest.mark.parametrize("path", HEADS)
def test_every_head_sorts_and_turns_around(
    owner: Person, webhooks: None, organisation: Organisation, path: str
) -> None:
    factories.api_key(organisation)
    for name, query in links(owner.get(path).text).items():
        asked = {key: values[0] for key, values in query.items()}
        page = owner.get(path, **asked).text
        said = {"asc": "ascending", "desc": "descending"}
        assert page.count("aria-sort") == page.count(f'aria-sort="{said[asked["dir"]]}"') == 1
        assert re.search(rf'<option value="{name}" selected>', page)
        again = links(page)[name]["dir"]
        assert again != query["dir"]
        assert owner.get(path, sort=name, dir=again[0]).status_code == 200


def test_webhooks_keep_filter_and_order_on_the_next_page(
    owner: Person, organisation: Organisation, webhooks: None
) -> None:
    for n in range(48):
        metadata = {"team": "sales"}
        name = f"Webhook {n:02}"
        factories.webhook(organisation, "https://example.com/", name=name, metadata_=metadata)
    asked = {"metadata": "team: sales", "sort": "name", "dir": "asc"}
    page = owner.get("/webhooks/", **asked).text
    first = [">Billing<", ">crm<", ">Old CRM<", ">Webhook 00<", ">Webhook 46<"]
    assert places(page, *first) == first
    assert ">Webhook 47<" not in page
    further = re.search(r'href="([^"]+)">More webhooks', page)
    assert further
    query = parse_qs(urlsplit(further[1].replace("&amp;", "&")).query)
    assert {name: values[0] for name, values in query.items() if name != "cursor"} == asked
    second = owner.get("/webhooks/", **asked, cursor=query["cursor"][0]).text
    assert ">Webhook 47<" in second
    assert ">Webhook 46<" not in second
    # Each click on a head begins at the first page; the filter form keeps the order.
    assert links(second)["success"].keys() == {"metadata", "sort", "dir"}
    assert '<input type="hidden" name="sort" value="name">' in second


def test_actions_are_sorted_by_a_choice(owner: Person, organisation: Organisation) -> None:
    for name in ("B", "A"):
        factories.action(organisation, "https://example.com/", name=f"Action {name}")
    up = owner.get("/actions/", sort="name").text
    assert places(up, ">Action A<", ">Action B<") == [">Action A<", ">Action B<"]
    down = owner.get("/actions/", sort="name", dir="desc").text
    assert places(down, ">Action A<", ">Action B<") == [">Action B<", ">Action A<"]


def test_keys_are_sorted(owner: Person, organisation: Organisation) -> None:
    now, day = utcnow(), timedelta(days=1)
    factories.api_key(organisation, name="beta", expires_at=now + day, last_used_at=now - day)
    factories.api_key(organisation, name="Alpha", expires_at=None, last_used_at=None)
    factories.api_key(organisation, name="gamma", expires_at=now + 2 * day, last_used_at=now)
    expected = {
        "name": "Alpha beta gamma",
        "created": "gamma Alpha beta",
        "used": "gamma beta Alpha",
        "expires": "beta gamma Alpha",
    }
    for by, names in expected.items():
        page = owner.get("/api-keys/", sort=by).text
        assert places(page, ">beta<", ">Alpha<", ">gamma<") == [f">{n}<" for n in names.split()]


def test_members_are_sorted(owner: Person, organisation: Organisation) -> None:
    for email, role in (("zoe@example.com", "viewer"), ("amy@example.com", "viewer")):
        factories.member(organisation, factories.user(email), role)
    page = owner.get("/members/", sort="email", dir="desc").text
    assert places(page, ">zoe@", ">amy@") == [">zoe@", ">amy@"]
    page = owner.get("/members/", sort="role").text
    assert places(page, ">owner@", ">amy@", ">zoe@") == [">owner@", ">amy@", ">zoe@"]


def test_event_types_by_name_are_one_table(owner: Person, organisation: Organisation) -> None:
    grouped = owner.get("/event-types/").text
    page = owner.get("/event-types/", sort="name").text
    assert grouped.count("<table") > page.count("<table") == 1
    names = re.findall(r"<a href=\"/event-types/([\w.]+)\"><code>", page)
    assert len(names) > 20
    assert names == sorted(names)


def test_a_viewer_sorts_too(
    person: Callable[..., Person], organisation: Organisation, webhooks: None
) -> None:
    viewer = person("viewer", organisation)
    assert list(links(viewer.get("/webhooks/").text)) == HEADS["/webhooks/"]
