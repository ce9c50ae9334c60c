"""Undo of switching off and deleting loses nothing; bulk changes say what they did."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests import factories
from tests.support.open_deliveries import arrange
from tests.web.conftest import Person
from webhooks_app.deliveries import replays
from webhooks_app.engine import after_restore
from webhooks_app.events import erasure
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry, Delivery, Event, Organisation, ReplayBatch, Subscription
from webhooks_app.organisations import plans
from webhooks_app.subscriptions import pausing, undo

URL = "https://receiver.example/hook"
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def row(organisation: Organisation) -> Subscription:
    return factories.webhook(organisation, URL, name="CRM ☕")


def waiting(organisation: Organisation) -> list[Delivery]:
    """One that waits for its first attempt, and one that has failed once."""
    for _ in range(2):
        factories.accepted(organisation)
    pending, retrying = db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
    failed = {"tries": 1, "failures": 1, "error": "Connection refused"}
    arrange(retrying.id, status="retrying", **failed)
    factories.attempt(retrying, 1, outcome="failed", error="Connection refused")
    db.session.commit()
    return [pending, retrying]


def states() -> list[tuple[str, bool, str | None]]:
    db.session.expire_all()
    db.session.rollback()
    rows = db.session.scalars(select(Delivery).order_by(Delivery.id))
    return [(row.status, row.due_at is not None, row.error) for row in rows]


def again(row: Subscription) -> Subscription:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Subscription, row.id)


def post(owner: Person, path: str, **form: object) -> TestResponse:
    data = {"csrf_token": owner.token, **form}
    return owner.client.post(path, data=data, headers=FRAGMENT)


@pytest.mark.parametrize("how", ["delete", "switch off"])
def test_what_waited_waits_again_under_the_same_ids(
    owner: Person, organisation: Organisation, row: Subscription, how: str
) -> None:
    waiting(organisation)
    if how == "delete":
        owner.post(f"/webhooks/{row.id}/delete")
    else:
        owner.post(f"/webhooks/{row.id}/toggle", enabled="0")
    assert {status for status, _, _ in states()} == {"cancelled"}
    owner.get("/webhooks/")
    assert owner.post("/webhooks/undo", subscription_id=row.id).status_code == 302
    assert states() == [("pending", True, None), ("retrying", True, "Connection refused")]
    back = again(row)
    assert (back.deleted_at, back.enabled) == (None, True)
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert ("webhook.restored" in actions) == (how == "delete")


def test_what_was_cancelled_before_stays_cancelled(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    waiting(organisation)
    before = utcnow() - timedelta(minutes=1)
    arrange(status="cancelled", finished_at=before, error="Cancelled: the webhook was deleted.")
    owner.post(f"/webhooks/{row.id}/delete")
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert {status for status, _, _ in states()} == {"cancelled"}


@pytest.mark.parametrize("how", ["delete", "switch off"])
def test_one_that_was_paused_comes_back_paused(
    owner: Person, organisation: Organisation, row: Subscription, how: str
) -> None:
    until = utcnow() + timedelta(hours=1)
    pausing.pause(db.session(), row, until)
    since = row.paused_at
    waiting(organisation)
    if how == "delete":
        owner.post(f"/webhooks/{row.id}/delete")
    else:
        owner.post(f"/webhooks/{row.id}/toggle", enabled="0")
    assert not (again(row).enabled and again(row).deleted_at is None)
    owner.post("/webhooks/undo", subscription_id=row.id)
    back = again(row)
    assert (back.is_paused, back.paused_at, back.paused_until) == (True, since, until)
    assert {status for status, _, _ in states()} == {"pending", "retrying"}


def test_a_second_click_goes_on_where_a_killed_one_stopped(
    owner: Person, organisation: Organisation, row: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(organisation)
    owner.post(f"/webhooks/{row.id}/delete")
    [missed] = factories.accepted(organisation)
    with monkeypatch.context() as killed:
        killed.setattr(undo, "_make_up", lambda *_: None)
        owner.post("/webhooks/undo", subscription_id=row.id)
    assert again(row).enabled
    assert {status for status, _, _ in states()} == {"cancelled"}
    for _ in range(2):
        owner.post("/webhooks/undo", subscription_id=row.id)
        assert [status for status, _, _ in states()] == ["pending", "retrying"]
    [batch] = db.session.scalars(select(ReplayBatch)).all()
    replays.work(db.session(), batch.id)
    assert [one.event_id for one in db.session.scalars(select(Delivery))].count(missed.id) == 1


def test_a_second_click_brings_back_nothing_that_was_cancelled_later(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    owner.post("/webhooks/undo", subscription_id=row.id)
    waiting(organisation)
    owner.post(f"/webhooks/{row.id}/toggle", enabled="0")
    owner.post(f"/webhooks/{row.id}/toggle", enabled="1")
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert {status for status, _, _ in states()} == {"cancelled"}


def test_nothing_of_an_erased_event_comes_back(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    """Also of one that was erased once its deliveries were cancelled: they keep that reason."""
    erased = waiting(organisation)[1]
    owner.post(f"/webhooks/{row.id}/delete")
    erasure.erase(db.session(), db.session.get_one(Event, erased.event_id))
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert [status for status, _, _ in states()] == ["pending", "cancelled"]


@pytest.mark.parametrize(
    "why",
    [
        erasure.CANCELLED,
        after_restore.WHY,
        "Cancelled: the webhook was paused, and this waited for 89 days.",
    ],
)
def test_what_was_cancelled_for_another_reason_stays_cancelled(
    owner: Person, organisation: Organisation, row: Subscription, why: str
) -> None:
    waiting(organisation)
    owner.post(f"/webhooks/{row.id}/delete")
    db.session.execute(update(Delivery).values(error=why))
    db.session.commit()
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert {(status, error) for status, _, error in states()} == {("cancelled", why)}


def test_what_came_in_between_is_sent(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    [missed] = factories.accepted(organisation)
    assert states() == []
    owner.post("/webhooks/undo", subscription_id=row.id)
    db.session.rollback()
    [batch] = db.session.scalars(select(ReplayBatch)).all()
    replays.work(db.session(), batch.id)
    db.session.rollback()
    [delivery] = db.session.scalars(select(Delivery)).all()
    assert (delivery.event_id, delivery.subscription_id) == (missed.id, row.id)
    assert delivery.trigger == "recovery"


def test_without_anything_missed_no_replay_starts(owner: Person, row: Subscription) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert db.session.scalars(select(ReplayBatch)).all() == []


def test_one_that_was_off_comes_back_off(owner: Person, organisation: Organisation) -> None:
    row = factories.webhook(organisation, URL, enabled=False)
    owner.post(f"/webhooks/{row.id}/delete")
    owner.post("/webhooks/undo", subscription_id=row.id)
    back = again(row)
    assert (back.deleted_at, back.enabled) == (None, False)


def test_after_a_while_it_is_too_late(owner: Person, row: Subscription) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    then = utcnow() - timedelta(minutes=11)
    db.session.execute(update(Subscription).values(deleted_at=then))
    db.session.commit()
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert "for 10 minutes only" in owner.get("/webhooks/").text
    assert again(row).deleted_at is not None


def test_a_key_that_was_taken_meanwhile_is_not_taken_back(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    row.own_key = "crm"
    db.session.commit()
    owner.post(f"/webhooks/{row.id}/delete")
    factories.webhook(organisation, URL).own_key = "crm"
    db.session.commit()
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert "has its key" in owner.get("/webhooks/").text
    assert again(row).deleted_at is not None


def test_a_full_plan_takes_nothing_back(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    plans.set_plan(db.session(), organisation.id, "starter")
    limit = plans.plan_called("starter").webhooks or 0
    for _ in range(limit):
        factories.webhook(organisation, URL)
    owner.post("/webhooks/undo", subscription_id=row.id)
    assert again(row).deleted_at is not None


def test_a_toggle_in_the_list_offers_undo_at_once(owner: Person, row: Subscription) -> None:
    """Its answer is the row, so the offer is in a header, in ASCII."""
    owner.get("/webhooks/")
    answer = post(owner, f"/webhooks/{row.id}/toggle", enabled="0")
    [said] = json.loads(answer.headers["HX-Trigger"])["toast"]["said"]
    assert said["text"] == "CRM ☕ is off. What was waiting for it is cancelled."
    undo = said["undo"]
    assert undo["swaps"] == f"#row-{row.id}"
    assert f'id="row-{row.id}"' in answer.text
    back = post(owner, undo["action"], **dict(undo["fields"]))
    assert f'id="row-{row.id}"' in back.text
    assert again(row).enabled
    on = post(owner, f"/webhooks/{row.id}/toggle", enabled="1")
    assert "toast" in json.loads(on.headers["HX-Trigger"])
    assert "CRM ☕" not in owner.get("/events/").text


def test_the_page_after_a_deletion_offers_undo(owner: Person, row: Subscription) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    page = owner.get("/webhooks/").text
    assert "CRM ☕ was deleted." in page
    [form] = re.findall(r'action="/webhooks/undo">.*?</form>', page, re.DOTALL)
    assert f'value="{row.id}"' in form
    assert "was deleted" not in owner.get("/webhooks/").text


def test_a_page_that_refreshes_itself_takes_no_message_of_another_tab(
    owner: Person, row: Subscription
) -> None:
    owner.post(f"/webhooks/{row.id}/delete")
    polled = owner.client.get("/events/", headers=FRAGMENT)
    assert "HX-Trigger" not in polled.headers
    assert "was deleted" in owner.get("/webhooks/").text


def bulk(owner: Person, do: str, *rows: Subscription, **more: str) -> TestResponse:
    owner.get("/webhooks/")
    return owner.post("/webhooks/bulk", do=do, subscription_id=[one.id for one in rows], **more)


def test_many_are_switched_and_what_happened_is_said(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    off = factories.webhook(organisation, URL, name="Off", enabled=False)
    bulk(owner, "off", row, off)
    assert not again(row).enabled
    assert "1 webhook switched off, 1 was already switched off." in owner.get("/webhooks/").text
    broken = factories.webhook(organisation, URL, name="Broken", enabled=False)
    broken.conditions = [{"field": "a", "operator": "no such"}]
    db.session.commit()
    bulk(owner, "on", row, off, broken)
    page = owner.get("/webhooks/").text
    assert "2 webhooks switched on. Broken: Its conditions cannot be read" in page
    assert again(row).enabled


def test_many_are_deleted_after_a_question_and_come_back(
    owner: Person, organisation: Organisation, row: Subscription
) -> None:
    other = factories.webhook(organisation, URL, name="Other")
    asked = bulk(owner, "delete", row, other).text
    assert "Delete 2 webhooks?" in asked
    assert again(row).deleted_at is None
    bulk(owner, "delete", row, other, confirmed="1")
    assert again(row).deleted_at is not None
    page = owner.get("/webhooks/").text
    assert "2 webhooks deleted." in page
    owner.post("/webhooks/undo", subscription_id=[row.id, other.id])
    assert again(row).deleted_at is None
    assert again(other).deleted_at is None


def test_many_are_recovered(owner: Person, organisation: Organisation, row: Subscription) -> None:
    off = factories.webhook(organisation, URL, name="Off", enabled=False)
    factories.accepted(organisation)
    arrange(status="failed")
    assert "1 delivery" in bulk(owner, "recover", row, off).text
    bulk(owner, "recover", row, off, confirmed="1")
    assert "1 replay started, 1 skipped because off." in owner.get("/deliveries/").text
    [batch] = db.session.scalars(select(ReplayBatch)).all()
    assert batch.filters["subscription_id"] == row.id


@pytest.mark.parametrize("path", ["bulk", "undo"])
def test_nothing_of_others_or_of_the_other_kind_is_changed(
    owner: Person, organisation: Organisation, path: str, person: Callable[..., Person]
) -> None:
    theirs = factories.webhook(factories.organisation("Others"), URL)
    action = factories.action(organisation, URL)
    owner.get("/webhooks/")
    for one in (theirs, action):
        answer = owner.post(f"/webhooks/{path}", do="off", subscription_id=one.id)
        assert answer.status_code == 404
        assert again(one).enabled
    viewer = person("viewer", organisation)
    assert viewer.post(f"/actions/{path}", do="off", subscription_id=action.id).status_code == 403


def test_nothing_chosen_is_said(owner: Person) -> None:
    bulk(owner, "off")
    assert "Select one or more webhooks first." in owner.get("/webhooks/").text
