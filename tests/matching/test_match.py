"""One subscription never stops the matching of others in its organisation."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from webhooks_app.extensions import db
from webhooks_app.matching.conditions import parse_conditions
from webhooks_app.matching.match import Candidate
from webhooks_app.models import Notification, Subscription

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e19, -1e19, 2.0**63, 1e308, 5e-324, -0.0]),
    st.integers(-(2**63) + 1, 2**63 - 1),
)


@given(value=NUMBERS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_number_that_was_accepted_is_read_back_as_it_was(app: Flask, value: float) -> None:
    conditions = [{"field": "amount", "operator": "greater_than", "value": value}]
    before = parse_conditions(conditions)
    row = factories.webhook(factories.organisation(), "https://example.com", conditions=conditions)
    db.session.expire(row)
    assert repr(parse_conditions(row.conditions)) == repr(before)


@pytest.mark.parametrize("number", ["1e19", "-1e19", "1e308", "9223372036854775808.0"])
def test_a_huge_number_in_a_condition_stops_nothing(client: FlaskClient, number: str) -> None:
    headers = factories.bearer(factories.api_key(factories.organisation()))
    fields = (
        '{"name":"p","url":"https://example.com/x","event_types":["task.overdue"],"conditions":'
        f'[{{"field":"amount","operator":"greater_than","value":{number}}}]}}'
    )
    made = client.post(
        "/api/v1/webhooks", data=fields, headers=headers, content_type="application/json"
    )
    assert made.status_code == 201
    event = {"type": "task.overdue", "data": {"amount": 1}}
    assert client.post("/api/v1/events", json=event, headers=headers).status_code == 202
    read = client.get(f"/api/v1/webhooks/{made.json['id']}", headers=headers)
    assert read.json["conditions"] == made.json["conditions"]
    assert client.get("/api/v1/webhooks", headers=headers).json["data"] == [read.json]


@pytest.mark.parametrize(
    ("member", "junk"),
    [
        ("conditions", [{"field": "a", "operator": "no such", "value": 1}]),
        ("conditions", [{"field": "a", "operator": "equals", "value": 2**70}]),
        ("conditions", {"not": "a list"}),
        ("match", "some"),
        ("event_types", None),
        ("changed_fields", 5),
    ],
)
def test_one_that_cannot_be_read_disables_itself_and_says_so(
    app: Flask, member: str, junk: Any
) -> None:
    organisation = factories.organisation()
    good = factories.webhook(organisation, "https://example.com/good")
    bad = factories.webhook(organisation, "https://example.com/bad", **{member: junk})
    (accepted,) = factories.accepted(organisation)
    assert accepted.deliveries == 1
    db.session.expire_all()
    rows = {row.id: row.enabled for row in db.session.scalars(select(Subscription))}
    assert rows == {good.id: True, bad.id: False}
    assert "can no longer be read" in (bad.disabled_reason or "")
    (notice,) = db.session.scalars(select(Notification))
    assert notice.subscription_id == bad.id
    (again,) = factories.accepted(organisation)
    assert again.deliveries == 1


def test_a_scope_lets_only_its_own_subject_pass(app: Flask) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://example.com/all")
    scope = {"scope_type": "chatbot", "scope_id": "bot_1"}
    factories.webhook(organisation, "https://example.com/one", **scope)
    subjects = [("chatbot", "bot_1"), ("chatbot", "bot_2"), ("room", "bot_1"), None]
    events = [factories.lead(subject=subject) for subject in subjects]
    fan_out = [one.deliveries for one in factories.accepted(organisation, *events)]
    assert fan_out == [2, 1, 1, 1]


def test_patterns_weigh_and_other_conditions_do_not(app: Flask) -> None:
    plain = {"field": "name", "operator": "equals", "value": "Ada"}
    pattern = {"field": "name", "operator": "matches", "value": "^A"}
    organisation = factories.organisation()
    weights = [
        Candidate.of(factories.webhook(organisation, "https://example.com", conditions=some)).weight
        for some in ([plain], [pattern], [pattern, pattern])
    ]
    assert weights[0] == 0 < weights[1]
    assert weights[2] == 2 * weights[1]
