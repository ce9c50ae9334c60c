"""Hourly counts become bars, totals and percentiles."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert

from tests import factories
from webhooks_app.deliveries import statistics
from webhooks_app.deliveries.statistics import DAY, HOUR, traffic
from webhooks_app.extensions import db
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.times import utcnow
from webhooks_app.models import DeliveryStat, Organisation, Subscription


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


def count(to: Subscription, hour: datetime, outcome: str, latency_ms: int, times: int) -> None:
    row = {"subscription_id": to.id, "hour": hour, "outcome": outcome}
    db.session.execute(insert(DeliveryStat).values(**row, latency_ms=latency_ms, count=times))
    db.session.commit()


@pytest.mark.parametrize("bar", [HOUR, 6 * HOUR, DAY])
def test_each_hour_is_in_its_bar_and_the_hour_before_the_first_in_none(
    organisation: Organisation, bar: timedelta
) -> None:
    one, other = (factories.webhook(organisation, "https://example.com/") for _ in range(2))
    stretch = 4 * bar
    now = utcnow().replace(minute=0, second=0, microsecond=0)
    first = now - stretch + HOUR
    count(one, first - HOUR, "delivered", 10, 1000)
    count(one, first, "delivered", 10, 1)
    count(other, first, "delivered", 10, 2)
    count(one, first + bar - HOUR, "failed", 100, 4)
    count(one, first + bar, "retrying", 0, 8)
    count(other, now, "delivered", 500, 16)

    seen = traffic(db.session(), factories.tenant(organisation), stretch, bar)

    assert [each.start for each in seen.bars] == [first + n * bar for n in range(4)]
    assert seen.bars[0].counts == {"delivered": 3, "failed": 4}
    assert seen.bars[-1].counts == {"delivered": 16}
    assert seen.totals == {"delivered": 19, "retrying": 8, "failed": 4}
    assert seen.percentiles == {50: 500, 95: 500, 99: 500}


def test_the_rate_is_of_all_attempts(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://example.com/")
    hour = utcnow().replace(minute=0, second=0, microsecond=0)
    tenant = factories.tenant(organisation)
    assert traffic(db.session(), tenant, DAY, HOUR).success_rate is None
    count(webhook, hour, "retrying", 10, 7)
    assert traffic(db.session(), tenant, DAY, HOUR).success_rate == 0
    count(webhook, hour, "delivered", 10, 9)
    count(webhook, hour, "failed", 10, 2)
    assert traffic(db.session(), tenant, DAY, HOUR).success_rate == 0.5


def test_one_of_them_may_be_asked_for(organisation: Organisation) -> None:
    hour = utcnow().replace(minute=0, second=0, microsecond=0)
    one, other = (factories.webhook(organisation, "https://example.com/") for _ in range(2))
    count(one, hour, "delivered", 10, 3)
    count(other, hour, "failed", 10, 4)
    tenant = factories.tenant(organisation)
    seen = traffic(db.session(), tenant, DAY, HOUR, one.id)
    assert seen.totals == {"delivered": 3, "retrying": 0, "failed": 0}
    others = factories.tenant(factories.organisation("Others"))
    assert not any(traffic(db.session(), others, DAY, HOUR, one.id).totals.values())


def test_it_counts_for_nobody_else(organisation: Organisation) -> None:
    webhook = factories.webhook(organisation, "https://example.com/")
    count(webhook, utcnow().replace(minute=0, second=0, microsecond=0), "delivered", 10, 1)
    others = factories.tenant(factories.organisation("Others"))
    for tenant in (others, factories.tenant(organisation, "test")):
        assert not any(traffic(db.session(), tenant, DAY, HOUR).totals.values())


@pytest.mark.parametrize(("ago", "cache"), [(5 * DAY, "_older"), (5 * HOUR, "_kept")])
def test_a_month_is_the_days_before_and_today(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch, ago: timedelta, cache: str
) -> None:
    """Older numbers are cached for a while; those of the last hours are always current."""
    webhook = factories.webhook(organisation, "https://example.com/")
    hour = utcnow().replace(minute=0, second=0, microsecond=0)
    tenant = factories.tenant(organisation)
    count(webhook, hour - 3 * DAY, "delivered", 10, 5)
    count(webhook, hour - DAY, "delivered", 500, 2)
    count(webhook, hour - DAY - HOUR, "failed", 10, 1)
    month = traffic(db.session(), tenant, 30 * DAY, DAY)
    assert month.totals == {"delivered": 7, "retrying": 0, "failed": 1}
    assert month.percentiles[95] == 500
    count(webhook, hour - HOUR, "delivered", 10, 1)
    count(webhook, hour - ago, "delivered", 10, 1)
    again = traffic(db.session(), tenant, 30 * DAY, DAY)
    assert again.totals["delivered"] == 8
    assert sum(bar.counts.get("delivered", 0) for bar in again.bars) == 8
    monkeypatch.setattr(statistics, cache, Cache(1, 0))
    assert traffic(db.session(), tenant, 30 * DAY, DAY).totals["delivered"] == 9
