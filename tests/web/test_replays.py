"""/replays: started from the list, counted first, watched and cancelled."""

import re

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.deliveries import replays
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, ReplayBatch

URL = "https://receiver.example/hook"


def test_all_that_match_are_counted_before_they_are_replayed(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(3)])
    page = owner.get("/replays/new", status="pending").text
    assert "Replay 3 deliveries?" in page
    assert "Replay 0 deliveries?" in owner.get("/replays/new", status="failed").text
    response = owner.post("/replays/", status="pending", all="1")
    batch = db.session.query(ReplayBatch).one()
    assert response.headers["Location"] == f"/replays/{batch.id}"
    assert batch.filters == {"status": "pending"}
    assert batch.requested_by == "owner@people.example"


def test_chosen_rows_are_named_and_nothing_is_chosen_by_accident(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).one()
    owner.get("/deliveries/")
    assert owner.post("/replays/").status_code == 422
    assert db.session.query(ReplayBatch).count() == 0
    owner.post("/replays/", delivery_id=[delivery.id])
    assert db.session.query(ReplayBatch).one().delivery_ids == [delivery.id]


def test_with_none_chosen_the_filters_of_the_list_still_hold(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation, *[factories.lead() for _ in range(2)])
    first = db.session.query(Delivery).order_by(Delivery.id).limit(1).one()
    arrange(first.id, status="delivered")
    chosen = owner.get("/deliveries/", status="delivered").text.partition('id="chosen"')[2]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', chosen))
    asked = owner.post("/replays/", **{k: v for k, v in hidden.items() if k != "csrf_token"})
    assert (asked.status_code, "Replay 1 delivery?" in asked.text) == (422, True)


def test_a_filter_that_means_nothing_is_said_and_replays_nothing(owner: Person) -> None:
    owner.get("/deliveries/")
    response = owner.post("/replays/", status="nonsense", all="1")
    assert response.status_code == 422
    assert "Choose one of" in response.text
    assert db.session.query(ReplayBatch).count() == 0


def test_with_a_filter_that_means_nothing_no_button_replays_all_the_others(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    assert 'name="all"' in owner.get("/replays/new", status="pending").text
    asked = owner.get("/replays/new", status="nonsense")
    assert (asked.status_code, 'name="all"' in asked.text) == (422, False)
    refused = owner.post("/replays/", code="nonsense", all="1")
    assert (refused.status_code, 'name="all"' in refused.text) == (422, False)


def test_a_running_replay_is_shown_on_the_list_and_can_be_cancelled(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    owner.get("/deliveries/")
    path = owner.post("/replays/", all="1").headers["Location"]
    assert "A replay is running" in owner.get("/deliveries/").text
    assert "Cancel replay" in owner.get(path).text
    owner.post(f"{path}/cancel")
    assert "Cancelled" in owner.get(path).text
    assert "A replay is running" not in owner.get("/deliveries/").text


def test_a_window_of_ones_own_is_shown_where_it_holds(owner: Person) -> None:
    """People would not notice a hidden filter, and the next Show would drop it."""
    asked = {"since": "2026-03-02T10:00", "until": "2026-03-03T10:00", "missing": "1"}
    for path in ("/deliveries/", "/replays/new"):
        page = owner.get(path, **asked).text
        assert re.search(r'name="since"[^>]* value="2026-03-02T10:00"', page), path
        assert re.search(r'name="until"[^>]* value="2026-03-03T10:00"', page), path
        assert re.search(r'name="missing"[^>]* checked', page), path


def test_it_says_how_what_it_sent_ended(owner: Person, organisation: Organisation) -> None:
    """Of its own deliveries alone, and until the last has ended."""
    row = factories.webhook(organisation, URL)
    factories.webhook(organisation, URL, event_types=["booking.confirmed"])
    factories.accepted(organisation, *[factories.lead() for _ in range(4)])
    arrange(Delivery.subscription_id == row.id, status="failed")
    owner.get("/deliveries/")
    shown = owner.post("/replays/", subscription_id=row.id, status="failed", all="1").location
    batch = db.session.query(ReplayBatch).one()
    replays.work(db.session(), batch.id)
    factories.accepted(organisation, factories.lead())
    made = db.session.query(Delivery).filter_by(trigger="replay").order_by(Delivery.id).all()
    assert len(made) == 4
    states = ("delivered", "delivered", "failed", "retrying")
    for delivery, status in zip(made, states, strict=True):
        arrange(delivery.id, status=status)
    db.session.commit()
    page = owner.get(shown).text
    told = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.partition('id="progress"')[2]))
    for said in ("delivered 2", "failed 1", "retrying 1"):
        assert said in told
    assert "pending" not in told
    assert 'hx-trigger="every 3s"' in page
    arrange(made[-1].id, status="delivered")
    assert "every 3s" not in owner.get(shown).text


def test_the_page_says_that_its_counts_include_other_replays(
    owner: Person, organisation: Organisation
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    delivery = db.session.query(Delivery).one()
    arrange(status="delivered")
    owner.get("/deliveries/")
    page = owner.post("/replays/", delivery_id=[delivery.id]).headers["Location"]
    assert "approximate" not in owner.get(page).text
    replays.work(db.session(), db.session.query(ReplayBatch).one().id)
    assert "approximate: deliveries of other replays" in owner.get(page).text


def test_it_says_how_far_it_has_looked(owner: Person, organisation: Organisation) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    arrange(status="delivered")
    owner.get("/deliveries/")
    path = owner.post("/replays/", text="ada", all="1").location
    assert "were looked at" not in owner.get(path).text
    batch = db.session.query(ReplayBatch).one()
    batch.position = db.session.query(Delivery).one().id
    db.session.commit()
    assert "were looked at" in owner.get(path).text


@pytest.mark.parametrize(
    ("filters", "said"),
    [({"text": "ada"}, "of at least 1 sent"), ({"status": "failed"}, "of 1 sent")],
)
def test_what_was_counted_for_a_while_only_says_so(
    owner: Person, organisation: Organisation, filters: dict[str, str], said: str
) -> None:
    factories.webhook(organisation, URL)
    factories.accepted(organisation)
    arrange(status="failed")
    owner.get("/deliveries/")
    path = owner.post("/replays/", all="1", **filters).location
    batch = db.session.query(ReplayBatch).one()
    batch.total = 1
    db.session.commit()
    assert said in owner.get(path).text
    batch.status, batch.finished_at = "finished", utcnow()
    db.session.commit()
    assert "of 1 sent" in owner.get(path).text
