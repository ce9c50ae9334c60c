"""Which recent events would have matched, within a budget."""

from typing import Any

import msgspec
import pytest
from flask import Flask

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.matching.budget import PER_EVENT
from webhooks_app.models import Organisation
from webhooks_app.subscriptions import preview
from webhooks_app.subscriptions.preview import Preview
from webhooks_app.subscriptions.spec import WebhookSpec

LONG = "x" * 16_000


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


def previewed(organisation: Organisation, *conditions: Any) -> Preview:
    members = {
        "name": "Preview",
        "url": "https://a.example",
        "event_types": ["lead.captured"],
        "conditions": conditions,
    }
    db.session.rollback()
    spec = msgspec.convert(members, WebhookSpec)
    return preview.of(db.session(), factories.tenant(organisation), spec)


def costly(number: int) -> Any:
    pattern = f"x.{{0,{60 + number}}}x"
    return {"field": "name", "operator": "matches", "value": pattern}


def test_events_are_compared_until_the_budget_is_used_up(organisation: Organisation) -> None:
    leads = [factories.lead(data=f'{{"name":"{LONG}"}}') for _ in range(12)]
    factories.accepted(organisation, *leads, factories.lead())
    one = previewed(organisation, {"field": "name", "operator": "exists"})
    assert (len(one.matching), one.is_cut) == (13, False)
    many = previewed(organisation, *(costly(number) for number in range(20)))
    assert many.is_cut
    assert 1 <= len(many.judgements) < 13
    assert all(each.explained.is_settled for each in many.judgements)


def test_what_costs_too_much_at_once_is_no_match_and_no_mismatch(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.accepted(organisation, factories.lead(data=f'{{"name":"{LONG}"}}'))
    monkeypatch.setattr(preview, "PREVIEWED", PER_EVENT // 1000)
    found = previewed(organisation, costly(1))
    assert (found.judgements, found.is_cut, found.problem) == ([], True, None)


def test_so_many_bytes_are_read(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "PREVIEWED_BYTES", 2500)
    monkeypatch.setattr(preview, "AT_ONCE", 2)
    leads = [factories.lead(data=f'{{"name":"{"x" * 990}"}}') for _ in range(9)]
    factories.accepted(organisation, *leads)
    found = previewed(organisation, {"field": "name", "operator": "exists"})
    assert len(found.matching) == 3
