"""Stats by key: what the hourly counts hold, over time and by webhook."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import factories
from tests.api.conftest import Api, faults
from webhooks_app.extensions import db
from webhooks_app.models import DeliveryStat, Organisation, Subscription

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def count(
    row: Subscription, at: datetime, outcome: str = "delivered", number: int = 1, ms: int = 50
) -> None:
    stat = DeliveryStat(
        subscription_id=row.id, hour=at, outcome=outcome, latency_ms=ms, count=number
    )
    db.session.add(stat)
    db.session.commit()


def stats(api: Api, path: str = "/stats", **query: object) -> dict[str, Any]:
    answer = api.get(path, **{"until": "2026-03-02T13:00:00Z", **query})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_attempts_are_counted_by_hour(api: Api, organisation: Organisation) -> None:
    row = factories.webhook(organisation, "https://a.example")
    count(row, NOON, "delivered", 3)
    count(row, NOON, "delivered", 1, ms=1000)
    count(row, NOON - HOUR, "retrying", 2)
    count(row, NOON - 2 * HOUR, "failed", 4)
    count(row, NOON + HOUR, "delivered", 100)
    found = stats(api, since="2026-03-02T11:30:00Z")
    assert (found["since"], found["until"]) == (
        "2026-03-02T11:00:00.000Z",
        "2026-03-02T13:00:00.000Z",
    )
    assert found["attempts"] == {"delivered": 4, "retrying": 2, "failed": 0}
    assert found["success_rate"] == pytest.approx(4 / 6)
    assert found["latency_ms"] == {"p50": 50, "p95": 1000, "p99": 1000}
    assert [(one["start"][11:13], one["delivered"]) for one in found["points"]] == [
        ("11", 0),
        ("12", 4),
    ]
    assert len(stats(api)["points"]) == 24


def test_days_are_in_utc(api: Api, organisation: Organisation) -> None:
    row = factories.webhook(organisation, "https://a.example")
    count(row, NOON.replace(hour=0))
    count(row, NOON.replace(hour=0) - HOUR)
    found = stats(api, step="day", since="2026-03-01T20:00:00+02:00")
    assert [(one["start"], one["delivered"]) for one in found["points"]] == [
        ("2026-03-01T00:00:00.000Z", 1),
        ("2026-03-02T00:00:00.000Z", 1),
    ]


def test_each_webhook_is_counted_apart(api: Api, organisation: Organisation) -> None:
    busy = factories.webhook(organisation, "https://a.example", name="Busy")
    calm = factories.action(organisation, "https://b.example", name="Calm")
    factories.webhook(organisation, "https://c.example", name="Idle")
    count(busy, NOON, "delivered", 3)
    count(busy, NOON - HOUR, "failed", 1)
    count(calm, NOON, "retrying")
    found = stats(api, "/stats/subscriptions")["data"]
    assert [(one["name"], one["success_rate"]) for one in found] == [("Busy", 0.75), ("Calm", 0.0)]
    assert found[0]["attempts"] == {"delivered": 3, "retrying": 0, "failed": 1}
    assert stats(api, subscription_id=calm.id)["attempts"]["retrying"] == 1
    assert len(stats(api, "/stats/subscriptions", subscription_id=calm.id)["data"]) == 1


def test_nothing_is_zero_and_null(api: Api) -> None:
    found = stats(api)
    assert (found["success_rate"], found["latency_ms"]["p50"]) == (None, None)
    assert stats(api, "/stats/subscriptions")["data"] == []


@pytest.mark.parametrize("path", ["/stats", "/stats/subscriptions"])
@pytest.mark.parametrize(
    ("query", "at"),
    [
        ({"since": "2026-03-02T13:00:00Z"}, "since"),
        ({"since": "2025-01-01T00:00:00Z"}, "since"),
        ({"since": "2020-01-01T00:00:00Z", "step": "day"}, "since"),
        ({"until": "0001-01-01T00:00:00Z"}, "since"),
        ({"since": "9999-12-31T22:00:00Z", "until": "9999-12-31T23:59:59-12:00"}, "since"),
        ({"step": "minute"}, "step"),
        ({"since": "soon"}, "since"),
    ],
)
def test_what_cannot_be_counted_is_said(
    api: Api, path: str, query: dict[str, str], at: str
) -> None:
    answer = api.get(path, **{"until": "2026-03-02T13:00:00Z", **query})
    assert (answer.status_code, list(faults(answer))) == (422, [at])


def test_others_and_the_other_mode_count_nothing(
    api: Api, test_mode: Api, outsider: Api, organisation: Organisation
) -> None:
    row = factories.webhook(organisation, "https://a.example")
    count(row, NOON)
    for other in (test_mode, outsider):
        assert stats(other, subscription_id=row.id)["attempts"]["delivered"] == 0
        assert stats(other, "/stats/subscriptions")["data"] == []
    assert stats(api)["attempts"]["delivered"] == 1
