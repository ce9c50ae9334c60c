"""Why a webhook did or did not get an event: its field filter, and what changed."""

import pytest
from flask import Flask

from tests import factories
from webhooks_app.events.stream import MatchExplanation, match_explanations
from webhooks_app.extensions import db
from webhooks_app.matching.incoming import Incoming
from webhooks_app.matching.stored import incoming_of
from webhooks_app.models import Organisation

URL = "https://a.example/hook"


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


def update(seats: int, stage: str = "trial", type_: str = "customer.updated") -> Incoming:
    data = f'{{"id":"c1","seats":{seats},"stage":"{stage}"}}'
    return factories.lead(type=type_, data=data)


def judged(organisation: Organisation, event: Incoming) -> dict[str, MatchExplanation]:
    [accepted] = factories.accepted(organisation, event)
    found = match_explanations(
        db.session(), factories.tenant(organisation), factories.event_of(accepted)
    )
    for one in found:
        assert one.would_fire is one.delivered
    return {one.subscription.name: one for one in found}


def test_a_verdict_says_what_the_filter_asks_for_and_whether_it_changed(
    organisation: Organisation,
) -> None:
    types = ["customer.updated", "customer.at_risk"]
    for name, fields in (("All", []), ("Stage", ["stage"]), ("Seats", ["data.seats"])):
        factories.webhook(organisation, URL, name=name, event_types=types, changed_fields=fields)
    first = judged(organisation, update(1))
    assert {one.changed for one in first.values()} == {None}
    assert all(one.change_wanted for one in first.values())

    second = judged(organisation, update(2))
    assert {one.changed for one in second.values()} == {("seats",)}
    assert {name: one.change_wanted for name, one in second.items()} == {
        "All": True,
        "Stage": False,
        "Seats": True,
    }
    assert list(second["Stage"].changed_fields) == ["stage"]
    assert not second["Stage"].delivered

    other_type = judged(organisation, update(2, type_="customer.at_risk"))
    assert all(one.change_wanted for one in other_type.values())
    assert list(other_type["Stage"].changed_fields) == []


def test_what_changed_is_read_from_the_event(organisation: Organisation) -> None:
    events = [update(1), factories.lead(type="customer.updated", changed=("a.b",))]
    found = [factories.event_of(one) for one in factories.accepted(organisation, *events)]
    assert [incoming_of(event).changed for event in found] == [None, ("a.b",)]
