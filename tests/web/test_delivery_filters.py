"""Filters of deliveries mean the same in the list, in the file and in a replay."""

import html
import json
import re

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.deliveries import log, replays
from webhooks_app.extensions import db
from webhooks_app.models import Delivery, Organisation, ReplayBatch
from webhooks_app.web.delivery_query import DeliveryQuery

URL = "https://receiver.example/hook"
LEAD = {"name": "Zoë", "plan": "growth"}
BOOKING = {"name": "Bob", "note": "growth"}


@pytest.fixture
def ids(organisation: Organisation) -> dict[str, str]:
    """A lead for the Warehouse, and a booking that the Broken CRM refused with a reason."""
    warehouse = factories.webhook(organisation, URL, name="Warehouse")
    broken = factories.webhook(
        organisation, URL, name="Broken CRM", event_types=["booking.confirmed"]
    )
    lead = factories.lead(data=json.dumps(LEAD), subject=("chatbot", "bot_1"))
    booking = factories.lead(
        type="booking.confirmed", data=json.dumps(BOOKING), subject=("room", "room_2")
    )
    factories.accepted(organisation, lead, booking)
    found = {}
    for name, row in (("lead", warehouse), ("booking", broken)):
        delivery = db.session.query(Delivery).filter_by(subscription_id=row.id).one()
        arrange(delivery.id, status="failed", tries=1)
        body = b"Denied: Quota \xff" if name == "booking" else b"no"
        factories.attempt(delivery, outcome="failed", status_code=402, response_body=body)
        found[name] = delivery.id
    db.session.commit()
    return found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"text": "wareh"}, {"lead"}),
        ({"text": "BROKEN"}, {"booking"}),
        ({"text": "captur"}, {"lead"}),
        ({"text": "GROWTH"}, {"lead", "booking"}),
        ({"text": "Zoë"}, {"lead"}),
        ({"field": "name: Zoë"}, {"lead"}),
        ({"text": "room_2"}, {"booking"}),
        ({"text": "100%"}, set()),
        ({"field": "plan: growth"}, {"lead"}),
        ({"field": "data.note: grow"}, {"booking"}),
        ({"field": "name: growth"}, set()),
        ({"response": "Quota"}, {"booking"}),
        ({"response": "quota"}, set()),
        ({"text": "whk_"}, set()),
        ({"subject": "bot_1"}, {"lead"}),
        ({"status": "failed", "response": "no"}, {"lead"}),
    ],
)
def test_a_filter_means_the_same_everywhere(
    owner: Person, ids: dict[str, str], filters: dict[str, str], found: set[str]
) -> None:
    page = owner.get("/deliveries/", **filters).text
    assert {name for name, id_ in ids.items() if f'id="line-{id_}"' in page} == found
    lines = owner.get("/deliveries/export.ndjson", **filters).text.splitlines()
    assert {json.loads(line)["id"] for line in lines} == {ids[name] for name in found}
    asked = f"Replay {len(found)} deliver{'y' if len(found) == 1 else 'ies'}?"
    assert asked in owner.get("/replays/new", **filters).text
    owner.post("/replays/", all="1", **filters)
    batch = db.session.query(ReplayBatch).one()
    replays.work(db.session(), batch.id)
    again = db.session.query(Delivery).filter(Delivery.replay_of.is_not(None))
    assert {one.replay_of for one in again} == {ids[name] for name in found}
    db.session.refresh(batch)
    assert (batch.total, batch.replayed, batch.skipped) == (len(found), len(found), 0)


def test_what_is_new_is_counted_by_every_filter(
    owner: Person, ids: dict[str, str], organisation: Organisation
) -> None:
    first = ids["lead"]
    factories.accepted(organisation, factories.lead(data='{"plan":"growth"}'))
    factories.accepted(organisation, factories.lead(data='{"plan":"free","note":"growth"}'))
    asked = {"field": "plan: growth", "first": first}
    page = owner.client.get("/deliveries/", query_string=asked, headers={"HX-Request": "true"})
    assert "Show 1 new" in page.text


def test_a_replay_leads_to_what_it_made(
    owner: Person, ids: dict[str, str], organisation: Organisation
) -> None:
    owner.get("/deliveries/")
    shown = owner.post("/replays/", delivery_id=[ids["lead"]]).location
    batch = db.session.query(ReplayBatch).one()
    replays.work(db.session(), batch.id)
    factories.accepted(organisation, factories.lead())
    assert f'href="/deliveries/?replay={batch.id}"' in owner.get(shown).text
    made = db.session.query(Delivery).filter_by(replay_of=ids["lead"]).one()
    page = owner.get("/deliveries/", replay=batch.id).text
    assert page.count('id="line-') == 1
    assert f'id="line-{made.id}"' in page
    assert "Sent by: a replay" in page
    assert owner.get("/deliveries/", replay="rpl_nowhere").status_code == 404


def test_a_page_says_how_far_back_it_searched_and_does_not_search_again_by_itself(
    owner: Person, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LOOKED_THROUGH", 4)
    page = owner.get("/deliveries/", text="nowhere").text
    assert "Nothing found yet. Searched the newest 1 deliveries, back to <time" in page
    assert 'hx-trigger="every' not in page.partition('id="deliveries"')[2].partition(">")[0]
    assert "Follow live" not in page
    found = owner.get("/deliveries/", text=ids["lead"]).text
    assert f'id="line-{ids["lead"]}"' in found
    [further] = re.findall('<a href="([^"]+)">Search further back', page)
    further = owner.get(html.unescape(further)).text
    assert "Nothing found yet. Searched another 1 deliveries, back to <time" in further
    failed = owner.get("/deliveries/", text="nowhere", status="failed", until="2090-01-01").text
    assert "Searched 1 failed deliveries, back to <time" in failed
    plain = owner.get("/deliveries/").text
    assert 'hx-trigger="every' in plain.partition('id="deliveries"')[2].partition(">")[0]


def test_the_form_keeps_every_filter(
    owner: Person, ids: dict[str, str], organisation: Organisation
) -> None:
    """A filter without a field in the form would be lost with the next change of another."""
    tenant = factories.tenant(organisation)
    batch = replays.start(db.session(), tenant, "me", replays.NOTHING)
    asked = dict.fromkeys(DeliveryQuery.NAMES, "1") | {
        "kind": "webhook",
        "status": "failed",
        "code": "5xx",
        "window": "1h",
        "since": "2026-03-02T10:00",
        "until": "2026-03-03T10:00",
        "field": "plan: x",
        "replay": batch.id,
        "zone": "UTC",
    }
    page = owner.get("/deliveries/", **asked).text
    form = page.partition('<form class="filters"')[2].partition("</form>")[0]
    for name in DeliveryQuery.NAMES:
        assert f'name="{name}"' in form, name
    chips = page.partition('aria-label="Filters"')[2].partition("</ul>")[0]
    assert chips.count("Remove the filter") == len(DeliveryQuery.NAMES) - 1
