"""Replay and Retry now on a delivery's page, and their results."""

import re
from datetime import timedelta

import pytest

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Organisation, Subscription

URL = "https://receiver.example/hook"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def webhook(owner: Person, organisation: Organisation) -> Subscription:
    webhook = factories.webhook(organisation, URL)
    factories.accepted(organisation)
    return webhook


def put(delivery: Delivery, status: str) -> str:
    """The delivery's page, once it is in that state."""
    arrange(delivery.id, status=status, due_at=utcnow() + timedelta(hours=1))
    return f"/deliveries/{delivery.id}"


def buttons(page: str) -> list[str]:
    main = page.partition("<main")[2]
    found = re.findall(r'action="/deliveries/[^"]*/(replay|retry-now)"', main)
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("status", "offered", "said"),
    [
        ("pending", [], ""),
        ("sending", [], ""),
        ("retrying", ["retry-now"], "Retry now makes attempt 1 at once."),
        ("failed", ["replay"], ""),
        ("cancelled", ["replay"], ""),
        ("delivered", ["replay"], "It arrived. Replay sends it a second time."),
    ],
)
def test_a_page_offers_what_its_state_allows(
    owner: Person, webhook: Subscription, status: str, offered: list[str], said: str
) -> None:
    page = owner.get(put(db.session.query(Delivery).one(), status)).text
    assert buttons(page) == offered
    assert said in page


def test_viewers_are_offered_neither(
    owner: Person, organisation: Organisation, webhook: Subscription, person: object
) -> None:
    viewer = person("viewer", organisation)  # type: ignore[operator]
    delivery = db.session.query(Delivery).one()
    for status in ("retrying", "failed"):
        page = viewer.get(put(delivery, status)).text
        assert (buttons(page), "Retry now" in page) == ([], False)


def test_what_waits_is_retried_now_and_says_so(owner: Person, webhook: Subscription) -> None:
    path = put(db.session.query(Delivery).one(), "retrying")
    owner.get(path)
    response = owner.post(f"{path}/retry-now")
    assert response.headers["Location"] == path
    assert "Retrying now." in owner.get(path).text
    form = {"csrf_token": owner.token}
    fragment = owner.client.post(f"{path}/retry-now", data=form, headers=HTMX).text
    assert "Retrying now." in fragment
    assert "<main" not in fragment
    [row] = db.session.query(Delivery)
    assert (row.status, row.due_at <= utcnow()) == ("retrying", True)


def test_a_stale_page_that_replays_what_waits_makes_no_copy(
    owner: Person, webhook: Subscription
) -> None:
    path = put(db.session.query(Delivery).one(), "retrying")
    owner.get(path)
    assert owner.post(f"{path}/replay").headers["Location"] == path
    assert "retried now instead of replayed" in owner.get(path).text
    assert db.session.query(Delivery).count() == 1


def test_a_retry_that_comes_too_late_says_so(owner: Person, webhook: Subscription) -> None:
    path = put(db.session.query(Delivery).one(), "delivered")
    owner.get(path)
    owner.post(f"{path}/retry-now")
    assert "It is not waiting for a retry any more." in owner.get(path).text


def test_a_replay_and_its_original_lead_to_each_other(owner: Person, webhook: Subscription) -> None:
    path = put(db.session.query(Delivery).one(), "failed")
    assert "Replayed" not in owner.get(path).text
    replay_path = owner.post(f"{path}/replay").headers["Location"]
    page = owner.get(path).text
    assert f'href="{replay_path}"' in page
    assert "Replay sends another." in page
    assert f'href="{path}"' in owner.get(replay_path).text
    put(db.session.get_one(Delivery, replay_path.rpartition("/")[2]), "delivered")
    assert "A replay of it arrived. Replay sends it again." in owner.get(path).text
    for shown in ("/deliveries/", f"/webhooks/{webhook.id}/logs", "/webhooks/logs"):
        lists = owner.get(shown).text
        line = re.search(r"Replayed <span class=\"badge delivered\">", lists)
        assert line, shown


def test_what_was_deleted_is_not_offered_again(owner: Person, webhook: Subscription) -> None:
    path = put(db.session.query(Delivery).one(), "failed")
    webhook.deleted_at = utcnow()
    db.session.commit()
    assert buttons(owner.get(path).text) == []
    assert ">A webhook (deleted)</option>" in owner.get("/deliveries/").text
