"""Claims are fair, leased, and never take a row twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask
from sqlalchemy import Engine

from tests import factories
from tests.support.engine import attempts, deliveries, make_due, queue_rows
from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.engine.claim import anything_due, claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.extensions import db
from webhooks_app.models import Organisation

LEASE = timedelta(seconds=30)


def take(limit: int = 100, free: dict[str, int] | None = None, after: str = "") -> list[Claimed]:
    db.session.rollback()
    request = ClaimRequest(limit=limit, free=free or {}, after=after)
    return claim(db.engine, request, LEASE)


def test_a_claim_leases_and_returns_all_that_sending_needs(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://example.com/hook")
    event = factories.lead(subject=("chatbot", "bot_1"))
    [accepted] = factories.accepted(organisation, event)
    [claimed] = take()
    [delivery] = deliveries()
    assert (delivery.status, delivery.tries) == ("sending", 1)
    [queued] = queue_rows()
    assert (queued.delivery_id, queued.tries) == (delivery.id, 1)
    assert queued.leased_until is not None
    assert timedelta(seconds=29) < queued.leased_until - queued.due_at < timedelta(minutes=1)
    assert (claimed.delivery_id, claimed.subscription_id) == (delivery.id, webhook.id)
    assert (claimed.number, claimed.failures, claimed.lost) == (1, 0, False)
    assert (claimed.event_id, claimed.event_type) == (accepted.id, "lead.captured")
    assert (claimed.subject_type, claimed.subject_id) == ("chatbot", "bot_1")
    assert claimed.data == event.data
    assert abs(claimed.occurred_at - event.occurred_at) < timedelta(milliseconds=1)
    assert take() == []


def test_a_flooded_subscription_does_not_stand_before_the_others(
    organisation: Organisation,
) -> None:
    flooded = factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(300)])
    calm = factories.webhook(organisation, "https://b.example", event_types=["lead.updated"])
    factories.accepted(organisation, factories.lead(type="lead.updated"))
    taken = [one.subscription_id for one in take()]
    assert taken.count(flooded.id) == ConcurrencyWindow.INITIAL
    assert taken.count(calm.id) == 1


def test_an_endpoint_gets_no_more_than_its_free_slots(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(10)])
    assert take(free={webhook.id: 0}) == []
    assert len(take(free={webhook.id: 3})) == 3


def test_the_walk_goes_on_after_the_last_one_it_served(organisation: Organisation) -> None:
    webhooks = [factories.webhook(organisation, "https://a.example") for _ in range(3)]
    factories.accepted(organisation)
    first, second, third = sorted(webhook.id for webhook in webhooks)
    assert [one.subscription_id for one in take(limit=1)] == [first]
    assert {one.subscription_id for one in take(after=first)} == {second, third}


def test_nothing_is_claimed_for_a_subscription_that_is_off(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    assert anything_due(db.engine)
    webhook.enabled = False
    db.session.commit()
    assert take() == []
    assert not anything_due(db.engine)


def test_after_the_lease_it_is_claimed_again_and_the_lost_try_is_logged(
    organisation: Organisation,
) -> None:
    factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation)
    [first] = take()
    assert not anything_due(db.engine)
    make_due()
    assert anything_due(db.engine)
    [second] = take()
    assert (second.delivery_id, second.number, second.lost) == (first.delivery_id, 2, True)
    [attempt] = attempts()
    assert (attempt.number, attempt.outcome) == (1, "lost")


def test_concurrent_claims_never_take_the_same_delivery(
    app: Flask, organisation: Organisation
) -> None:
    for _ in range(10):
        factories.webhook(organisation, "https://a.example")
    factories.accepted(organisation, *[factories.lead() for _ in range(20)])
    db.session.commit()
    database: Engine = db.engine

    def take_all(_: int) -> list[str]:
        mine: list[str] = []
        while got := claim(database, ClaimRequest(limit=7, free={}), LEASE):
            mine += [one.delivery_id for one in got]
        return mine

    with ThreadPoolExecutor(4) as threads:
        taken = [id_ for mine in threads.map(take_all, range(4)) for id_ in mine]
    assert len(taken) == len(set(taken)) == 200


def test_an_organisation_that_is_crowding_gets_nothing_more(organisation: Organisation) -> None:
    other = factories.organisation("Others")
    for tenant in (organisation, other):
        factories.webhook(tenant, "https://a.example")
        factories.accepted(tenant)
    over_budget, quiet = organisation.id, other.id
    db.session.commit()
    [claimed] = claim(db.engine, ClaimRequest(limit=10, free={}, over_budget=[over_budget]), LEASE)
    assert claimed.organisation_id == quiet
    [claimed] = claim(db.engine, ClaimRequest(limit=10, free={}), LEASE)
    assert claimed.organisation_id == over_budget
