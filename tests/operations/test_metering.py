"""What is counted for bills: everything real once, by day and mode, whatever is deleted later."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests import factories
from webhooks_app.catalogue.operational import NAMES
from webhooks_app.extensions import db
from webhooks_app.lib import ids
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.rows import event_row
from webhooks_app.models import (
    CustomEventType,
    Delivery,
    DeliveryStat,
    Event,
    Organisation,
    PeriodicRun,
    Usage,
)
from webhooks_app.operations import metering
from webhooks_app.operations.metering import LAG, MARK, counted_until, meter
from webhooks_app.vocabulary import EventOrigin

TODAY = utcnow().replace(hour=12, minute=0, second=0, microsecond=0)
Counted = dict[tuple[date, str, str], tuple[int, int, int]]


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation()


def report(
    monkeypatch: pytest.MonkeyPatch,
    organisation: Organisation,
    at: datetime,
    mode: str = "live",
    **more: str,
) -> None:
    """An event with its deliveries, as if it had been accepted at that time."""
    with monkeypatch.context() as patch:
        patch.setattr(ids, "time", SimpleNamespace(time_ns=lambda: int(at.timestamp() * 1e9)))
        factories.accepted(organisation, factories.lead(**more), mode=mode)
    db.session.rollback()


def metered(at: datetime) -> None:
    db.session.rollback()
    meter(db.engine, at)


def counted() -> Counted:
    db.session.rollback()
    return {
        (row.day, row.organisation_id, row.mode): (row.events, row.deliveries, row.attempts)
        for row in db.session.scalars(select(Usage))
    }


def test_events_and_deliveries_count_by_day_mode_and_organisation(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    other = factories.organisation("Other")
    for _ in range(2):
        factories.webhook(organisation, "https://a.example")
    factories.webhook(organisation, "https://a.example", mode="test")
    yesterday = TODAY - timedelta(days=1)
    for at, mode in ((yesterday, "live"), (TODAY, "live"), (TODAY, "live"), (TODAY, "test")):
        report(monkeypatch, organisation, at, mode)
    report(monkeypatch, other, TODAY)

    metered(TODAY + timedelta(hours=1))

    assert counted() == {
        (yesterday.date(), organisation.id, "live"): (1, 2, 0),
        (TODAY.date(), organisation.id, "live"): (2, 4, 0),
        (TODAY.date(), organisation.id, "test"): (1, 1, 0),
        (TODAY.date(), other.id, "live"): (1, 0, 0),
    }
    assert counted_until(db.engine) == TODAY + timedelta(hours=1) - LAG


def test_nothing_counts_twice_or_never_however_often_it_runs(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    factories.webhook(organisation, "https://a.example")
    start = TODAY - timedelta(hours=30)
    for step in range(60):
        report(monkeypatch, organisation, start + timedelta(minutes=30 * step))
        metered(start + timedelta(minutes=30 * step + step % 3))
    metered(TODAY + timedelta(hours=1))
    assert sum(events for events, _, _ in counted().values()) == 60
    assert sum(deliveries for _, deliveries, _ in counted().values()) == 60


def test_each_day_has_its_own_also_when_a_run_came_shortly_before_midnight(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    midnight = TODAY.replace(hour=0)
    metered(midnight - timedelta(minutes=20))
    for minutes in (-10, 10, 20):
        report(monkeypatch, organisation, midnight + timedelta(minutes=minutes))
    metered(midnight + timedelta(hours=1))
    by_day = {day: events for (day, _, _), (events, _, _) in counted().items()}
    assert by_day == {(midnight - timedelta(minutes=1)).date(): 1, midnight.date(): 2}


def test_a_run_that_ended_early_is_continued(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    for day in range(3):
        report(monkeypatch, organisation, TODAY - timedelta(days=day))
    db.session.rollback()
    monkeypatch.setattr(metering, "BUDGET", -1.0)
    runs = 0
    while counted_until(db.engine) != TODAY - LAG:
        metered(TODAY)
        runs += 1
    assert runs > 48
    monkeypatch.undo()
    assert sum(events for events, _, _ in counted().values()) == 2
    metered(TODAY + timedelta(hours=1))
    assert sum(events for events, _, _ in counted().values()) == 3


def test_what_is_younger_than_a_few_minutes_waits(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    report(monkeypatch, organisation, TODAY)
    metered(TODAY + LAG)
    assert counted() == {}
    metered(TODAY + LAG + timedelta(seconds=1))
    assert counted() == {(TODAY.date(), organisation.id, "live"): (1, 0, 0)}


def test_tests_pings_and_digests_are_no_events_and_tests_no_deliveries(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    factories.webhook(organisation, "https://a.example")
    report(monkeypatch, organisation, TODAY)
    tenant = factories.tenant(organisation)
    for origin in (EventOrigin.TEST, EventOrigin.PING):
        _store(event_row(tenant, factories.lead(), 0, TODAY, origin), TODAY)
    digest = factories.lead(type="action.digest")
    _store(event_row(tenant, digest, 0, TODAY, EventOrigin.API), TODAY)
    db.session.execute(update(Delivery).values(trigger="test"))
    db.session.commit()

    metered(TODAY + timedelta(hours=1))
    assert counted() == {(TODAY.date(), organisation.id, "live"): (1, 0, 0)}


def test_system_events_are_no_events_except_where_the_name_is_the_organisations(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    owning, retired = factories.organisation("Owning"), factories.organisation("Retired")
    for one, at in ((owning, None), (retired, TODAY)):
        own_type = {"name": "delivery.failed", "title": "", "description": "", "group": ""}
        times = {"created_at": TODAY, "updated_at": TODAY, "retired_at": at}
        db.session.add(CustomEventType(organisation_id=one.id, sample="{}", **own_type, **times))
    for name in sorted(NAMES):
        for one in (organisation, owning, retired):
            system = factories.lead(type=name)
            _store(event_row(factories.tenant(one), system, 0, TODAY, EventOrigin.API), TODAY)
    db.session.commit()
    report(monkeypatch, organisation, TODAY)

    metered(TODAY + timedelta(hours=1))
    assert counted() == {
        (TODAY.date(), organisation.id, "live"): (1, 0, 0),
        (TODAY.date(), owning.id, "live"): (1, 0, 0),
    }


def _store(row: tuple[object, ...], at: datetime) -> None:
    from webhooks_app.matching.rows import EVENT_COLUMNS

    values = dict(zip(EVENT_COLUMNS, row, strict=True))
    values["id"] = ids.floor_id("evt", at.timestamp())[:-4] + str(values["id"])[-4:]
    db.session.execute(insert(Event).values(**values))


def test_attempts_follow_the_statistics_and_never_shrink(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    webhook = factories.webhook(organisation, "https://a.example")
    report(monkeypatch, organisation, TODAY)
    db.session.rollback()
    hour = TODAY.replace(minute=0)
    row = {"subscription_id": webhook.id, "hour": hour, "latency_ms": 5}
    db.session.execute(insert(DeliveryStat).values(**row, outcome="failed", count=2))
    db.session.execute(insert(DeliveryStat).values(**row, outcome="delivered", count=1))
    db.session.commit()
    key = (TODAY.date(), organisation.id, "live")

    later = TODAY + timedelta(hours=1)
    metered(later)
    assert counted() == {key: (1, 1, 3)}
    db.session.execute(update(DeliveryStat).values(count=DeliveryStat.count + 1))
    db.session.commit()
    metered(later)
    assert counted() == {key: (1, 1, 5)}
    db.session.execute(delete(DeliveryStat))
    db.session.execute(delete(Delivery))
    db.session.execute(delete(Event))
    db.session.commit()
    metered(later + timedelta(minutes=10))
    assert counted() == {key: (1, 1, 5)}


def test_an_empty_installation_has_a_mark(app: Flask) -> None:
    metered(TODAY)
    assert counted() == {}
    assert counted_until(db.engine) == TODAY - LAG
    assert db.session.get(PeriodicRun, MARK) is not None
