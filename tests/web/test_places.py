"""Organisation and mode are in the address of every page that shows something of these."""

import json
import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.test import TestResponse

from tests import factories
from tests.support.documented import bare_app
from tests.web.conftest import Person
from tests.web.test_permissions import acme, pages
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Event, Organisation, Subscription, User
from webhooks_app.people.workspaces import THINGS
from webhooks_app.web.places import PREFIX, without_place

FORM = {"type": "lead.captured", "data": "{}", "subject_type": ""}
HTMX = {"HX-Request": "true"}
# Walks over all pages: their addresses do not depend on the database.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# Pages of a person, of operators, of strangers and of the documents.
OF_NO_PLACE = {
    *("account", "accounts", "confirm", "confirm_address", "device", "home", "invitations"),
    *("device_api", "not_me"),
    *("passkeys", "passwords", "second_factor", "second_step", "theme", "unsubscribe"),
    *("operations", "outbox", "rq_dashboard", "usage"),
    *("api", "docs", "openapi", "reference", "try_it", "receiver", "test_webhook"),
}
ADDRESSES = re.compile(r'\s(?:href|action|formaction|src|hx-get|hx-post|data-list)="(/[^"]*)"')


@pytest.fixture
def owner(owner: Person) -> Person:
    """Addresses are as they are."""
    owner.client.is_short = False  # type: ignore[attr-defined]
    return owner


@pytest.fixture
def second(owner: Person) -> Organisation:
    """The owner's other organisation."""
    second = factories.organisation("Second")
    factories.member(second, db.session.query(User).filter_by(email="owner@people.example").one())
    return second


def placed(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, method and address of the pages that are in a place."""
    return [one for one in pages(app) if one[2].startswith("/o/")]


def ask(who: Person, method: str, address: str) -> TestResponse:
    return who.get(address) if method == "GET" else who.post(address)


def said(page: str) -> str:
    """What floats over a page."""
    return " ".join(
        re.findall(r'<div class="toast said">\s*<p>(.*?)</p>', page.split("<template")[0])
    )


@pytest.mark.quick
def test_every_page_is_in_a_place_or_known_to_be_in_none() -> None:
    with bare_app() as app:
        outside = {
            rule.endpoint.split(".")[0]
            for rule in app.url_map.iter_rules()
            if not rule.rule.startswith(f"{PREFIX}/")
        }
    assert outside == OF_NO_PLACE | {"static"}


@ON_SQLITE
def test_another_mode_or_an_unknown_organisation_is_not_found(app: Flask, owner: Person) -> None:
    walked = placed(app)
    assert len(walked) > 120
    for endpoint, method, address in walked:
        unknown = re.sub("^/o/[^/]+", "/o/org_nowhere", address)
        for wrong in (unknown, address.replace("/live/", "/life/", 1)):
            assert ask(owner, method, wrong).status_code == 404, (endpoint, method)


def test_an_old_address_leads_to_the_page(app: Flask, person: Callable[..., Person]) -> None:
    walked = placed(app)
    owner, outsider, stranger = person("owner", acme()), person("outsider"), person("stranger")
    owner.client.is_short = outsider.client.is_short = False  # type: ignore[attr-defined]
    events, things = db.session.query(Event).count(), set[str]()
    for endpoint, method, address in walked:
        old = without_place(address)
        named = app.url_map.bind("localhost").match(address, method)[1]
        names_a_thing = THINGS.keys() & named
        things |= names_a_thing
        if method == "GET":
            found = owner.get(old, q="a b&c")
            assert found.status_code == 302, endpoint
            assert found.location == (address if old == "/" else f"{address}?q=a+b%26c"), endpoint
            stranger.get("/login")
            assert stranger.get(old).location.startswith("/login?next="), endpoint
        elif not names_a_thing:
            assert owner.post(old).status_code == 409, endpoint
        elif not old.startswith("/test-webhook/"):
            found = owner.post(old)
            assert (found.status_code, found.location) == (307, address), endpoint
        if names_a_thing:
            assert ask(outsider, method, old).status_code == 404, endpoint
    assert db.session.query(Event).count() == events
    assert things == THINGS.keys()


def test_an_old_address_without_its_slash_leads_there_too(
    owner: Person, organisation: Organisation
) -> None:
    assert owner.get("/webhooks").location == f"/o/{organisation.id}/live/webhooks/"


@pytest.mark.parametrize(
    "address",
    ["//evil.example/webhooks/", "/\\evil.example/webhooks/", "/webhooks//evil.example/", "/o/"],
)
def test_no_old_address_leads_away(owner: Person, address: str) -> None:
    answer = owner.client.get(address)
    where = urlsplit(answer.headers.get("Location", ""))
    assert where.netloc in ("", "localhost")
    assert not where.path.startswith("//")


def test_a_query_changes_no_place(owner: Person, organisation: Organisation) -> None:
    query = "_external=1&_scheme=javascript&organisation_id=org_x&mode=test"
    location = owner.client.get(f"/events/?{query}").location
    assert location == f"/o/{organisation.id}/live/events/?{query}"


def test_a_thing_is_found_in_its_own_mode_and_organisation_with_a_word(
    owner: Person, organisation: Organisation, second: Organisation
) -> None:
    of_test = factories.webhook(organisation, "https://a.example", mode="test")
    of_second = factories.webhook(second, "https://a.example")
    for row, word in (
        (of_test, "You are now in test mode."),
        (of_second, "You are now in Second, in live mode."),
    ):
        found = owner.get(f"/webhooks/{row.id}")
        assert found.location == f"/o/{row.organisation_id}/{row.mode}/webhooks/{row.id}"
        page = owner.get(found.location)
        assert page.status_code == 200
        assert said(page.text) == word
        assert said(owner.get(found.location).text) == ""
    named = owner.get(f"/replays/new?subscription_id={of_test.id}&missing=1").location
    assert named.startswith(f"/o/{organisation.id}/test/replays/new?subscription_id={of_test.id}&")


def test_a_link_within_the_site_needs_no_word(owner: Person, organisation: Organisation) -> None:
    within = {"Referer": "http://localhost/"}
    page = owner.client.get(f"/o/{organisation.id}/test/webhooks/", headers=within)
    assert said(page.text) == ""


def test_an_inbox_is_found_in_the_last_mode(owner: Person, organisation: Organisation) -> None:
    inbox = factories.inbox(organisation)
    for mode in ("test", "live"):
        owner.go_to(mode)
        found = owner.get(f"/test-webhook/{inbox.token}").location
        assert found == f"/o/{organisation.id}/{mode}/test-webhook/{inbox.token}"


def test_two_tabs_in_two_places_save_each_their_form(
    owner: Person, organisation: Organisation, second: Organisation
) -> None:
    tabs = [(organisation.id, "live"), (organisation.id, "test"), (second.id, "live")]
    for organisation_id, mode in tabs:
        assert owner.get(f"/o/{organisation_id}/{mode}/events/new").status_code == 200
    for organisation_id, mode in tabs:
        sent = owner.post(f"/o/{organisation_id}/{mode}/events/new", **FORM)
        assert sent.status_code == 302
        assert sent.location.startswith(f"/o/{organisation_id}/{mode}/events/evt_")
    rows = db.session.query(Event).order_by(Event.id).all()
    assert [(row.organisation_id, row.mode) for row in rows] == tabs


def test_a_form_from_before_the_update_saves_nothing_in_the_wrong_place(owner: Person) -> None:
    answer = owner.post("/events/new", **FORM)
    assert answer.status_code == 409
    assert "Nothing was saved" in " ".join(answer.text.split())
    assert db.session.query(Event).count() == 0
    polled = owner.client.get("/events/", headers=HTMX)
    assert polled.status_code == 409
    assert "reload the page" in polled.headers["X-Reason"]


def test_a_change_that_is_led_on_still_needs_its_token(
    owner: Person, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, "https://a.example")
    for token, status, enabled in (("wrong", 400, True), (owner.token, 302, False)):
        form = {"csrf_token": token, "enabled": "0"}
        answer = owner.client.post(f"/webhooks/{row.id}/toggle", data=form, follow_redirects=False)
        assert answer.status_code == 307
        assert owner.client.post(answer.location, data=form).status_code == status
        kept = db.session.get_one(Subscription, row.id, populate_existing=True)
        assert kept.enabled is enabled


def test_home_is_where_the_person_was_last(owner: Person, organisation: Organisation) -> None:
    here = f"/o/{organisation.id}"
    assert owner.get("/").location == f"{here}/live/"
    owner.get(f"{here}/test/events/")
    assert owner.get("/").location == f"{here}/test/"
    assert f'href="{here}/test/webhooks/"' in owner.get("/account/").text
    polled = owner.client.get(f"{here}/live/events/", headers=HTMX)
    assert "Set-Cookie" not in polled.headers
    assert owner.get("/").location == f"{here}/test/"


@ON_SQLITE
def test_every_link_of_a_page_names_its_place(app: Flask, person: Callable[..., Person]) -> None:
    """Each leads to an address, and only the switches leave the place of the page."""
    walked = [one for one in placed(app) if one[1] == "GET"]
    owner = person("owner", acme())
    adapter = app.url_map.bind("localhost")
    here, there = f"/o/{acme().id}/live/", f"/o/{acme().id}/test/"
    followed = set()
    for endpoint, _, address in walked:
        answer = owner.get(address)
        links = {unescape(one) for one in ADDRESSES.findall(answer.text)}
        for link in (urlsplit(one).path for one in links):
            try:
                adapter.match(link, "GET")
            except MethodNotAllowed:
                pass
            except HTTPException:
                pytest.fail(f"{endpoint} links to {link}")
            if link.startswith("/o/"):
                assert link.startswith((here, there)), (endpoint, link)
                followed.add(link.startswith(here))
        away = [one for one in links if one.startswith(there)]
        if "<html" in answer.text and "<nav" in answer.text:
            assert len(away) == 1, (endpoint, away)
    assert followed == {True, False}


@ON_SQLITE
def test_every_change_leads_on_in_its_place(app: Flask, person: Callable[..., Person]) -> None:
    walked = [one for one in placed(app) if one[1] == "POST" and one[0] != "members.leave"]
    owner = person("owner", acme())
    led = 0
    for endpoint, _, address in walked:
        answer = owner.post(address)
        if answer.status_code == 302:
            led += 1
            assert answer.location.startswith(f"/o/{acme().id}/live/"), endpoint
    assert led > 20


def test_undo_is_for_the_place_of_the_change(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, "https://a.example", mode="test")
    its = f"/o/{organisation.id}/test/webhooks"
    owner.get(f"/o/{organisation.id}/live/")
    form = {"csrf_token": owner.token, "enabled": "0"}
    answer = owner.client.post(f"{its}/{row.id}/toggle", data=form, headers=HTMX)
    [said] = json.loads(answer.headers["HX-Trigger"])["toast"]["said"]
    assert said["undo"]["action"] == f"{its}/undo"


@ON_SQLITE
def test_the_switches_stay_in_the_section(app: Flask, person: Callable[..., Person]) -> None:
    walked = [one for one in placed(app) if one[1] == "GET"]
    owner = person("owner", acme())
    other = factories.organisation("Second")
    factories.member(other, db.session.query(User).filter_by(email="owner@people.example").one())
    adapter = app.url_map.bind("localhost")
    switched = 0
    for endpoint, _, address in walked:
        section = endpoint.split(".")[0]
        page = owner.get(address).text
        if "<nav" not in page:
            continue
        for place in (f"/o/{acme().id}/test/", f"/o/{other.id}/live/"):
            [link] = re.findall(rf'<a [^>]*href="({place}[^"]*)"', page)
            found, _ = adapter.match(link, "GET")
            # A replay has no list but that of the deliveries.
            assert found.split(".")[0] in (section, "deliveries"), (endpoint, link)
            assert owner.get(link).status_code == 200, (endpoint, link)
            switched += 1
    assert switched > 100


def test_the_page_of_one_thing_is_left_for_its_list(
    owner: Person, organisation: Organisation
) -> None:
    here = f"/o/{organisation.id}"
    row = factories.webhook(organisation, "https://a.example")
    inbox = factories.inbox(organisation)
    for address, expected in (
        (f"/webhooks/{row.id}/edit", "/webhooks/"),
        ("/webhooks/new", "/webhooks/new"),
        ("/webhooks/logs", "/webhooks/logs"),
        (f"/test-webhook/{inbox.token}", f"/test-webhook/{inbox.token}"),
        ("/replays/new", "/replays/new"),
    ):
        page = owner.get(f"{here}/live{address}").text
        assert f'href="{here}/test{expected}">Test' in page, address


def test_a_viewer_reads_in_both_modes_and_changes_nothing(
    organisation: Organisation, person: Callable[..., Person]
) -> None:
    viewer = person("viewer", organisation)
    for mode in ("live", "test"):
        place = f"/o/{organisation.id}/{mode}"
        assert viewer.get(f"{place}/events/").status_code == 200
        assert viewer.post(f"{place}/events/new", **FORM).status_code == 403
    assert db.session.query(Delivery).count() == 0
