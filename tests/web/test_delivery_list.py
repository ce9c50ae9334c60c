"""The list of deliveries: what it says of each, and how it takes in what comes."""

import re

from tests import factories
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true"}


def ids(page: str) -> list[str]:
    return re.findall(r'id="line-(msg_\w+)"', page)


def refreshed(owner: Person, page: str) -> str:
    """What the list asks for, as its page says."""
    found = re.search(r'id="deliveries"[^>]* hx-get="([^"]+)"', page)
    assert found, page
    return owner.client.get(found[1].replace("&amp;", "&"), headers=HTMX).text


def test_a_list_keeps_its_lines_and_counts_what_is_new(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    page = owner.get("/deliveries/").text
    assert "new</a>" not in refreshed(owner, page)
    factories.accepted(organisation, factories.lead(), factories.lead())
    later = refreshed(owner, page)
    assert ids(later) == ids(page)
    assert "Show 2 new" in later
    assert "Show 2 new" in refreshed(owner, later)
    assert len(ids(owner.get("/deliveries/").text)) == 5


def test_only_what_fits_the_filters_is_counted(owner: Person, organisation: Organisation) -> None:
    factories.webhook(organisation, URL, event_types=["*"])
    factories.accepted(organisation)
    page = owner.get("/deliveries/", event_type="lead.captured").text
    factories.accepted(organisation, factories.lead(type="lead.updated"))
    assert "new</a>" not in refreshed(owner, page)
    factories.accepted(organisation)
    assert "Show 1 new" in refreshed(owner, page)


def test_one_that_is_followed_takes_in_what_comes(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    page = owner.get("/deliveries/", follow=1).text
    assert "Pause" in page
    factories.accepted(organisation)
    assert len(ids(refreshed(owner, page))) == 2
    assert "Follow live" in owner.get("/deliveries/").text


def test_an_empty_list_shows_the_first_that_comes(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    page = owner.get("/deliveries/").text
    assert "No deliveries in live mode yet" in page
    factories.accepted(organisation)
    assert len(ids(refreshed(owner, page))) == 1


def test_older_pages_stand_still(owner: Person, organisation: Organisation) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(60)])
    page = owner.get("/deliveries/").text
    older = re.search(r'href="(/deliveries/\?cursor=[^"]+)">Older', page)
    assert older
    second = owner.get(older[1]).text
    assert len(ids(second)) == 10
    assert not re.search(r'id="deliveries"[^>]* hx-get', second)
    line = re.search(r'class="go" data-open href="([^"]+)"', second)
    assert line
    assert ids(owner.get(line[1].replace("&amp;", "&")).text) == ids(second)


def test_what_names_no_line_is_refused(owner: Person) -> None:
    assert owner.get("/deliveries/", first="../x").status_code == 200
    assert owner.client.get("/deliveries/?first=../x", headers=HTMX).status_code == 400


def test_moments_are_those_of_the_zone_that_is_asked_for(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).one()
    made = delivery.created_at.astimezone(utcnow().tzinfo)
    near = made.strftime("%Y-%m-%dT%H:%M")
    found = {zone: ids(owner.get("/deliveries/", since=near, zone=zone).text) for zone in ZONES}
    assert found == {"UTC": [delivery.id], "Pacific/Auckland": [delivery.id], "Etc/GMT+9": []}
    exactly = owner.get("/deliveries/", since=f"{near}+00:00", zone="Asia/Tokyo").text
    assert ids(exactly) == [delivery.id]
    assert 'name="zone" value="Asia/Tokyo"' in exactly
    shown = re.search(r'name="since"[^>]* value="([^"]+)"', exactly)
    assert shown
    assert shown[1] != near
    assert (
        "zone: There is no time zone with this name."
        in owner.get("/deliveries/", zone="Nowhere").text
    )


ZONES = ("UTC", "Pacific/Auckland", "Etc/GMT+9")
