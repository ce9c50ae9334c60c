"""Digests cover each moment once, whatever fails; and their content."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.support.open_deliveries import arrange
from webhooks_app.channels.email.digest import summary_of
from webhooks_app.digests import service as digests
from webhooks_app.digests.schedule import parse_schedule
from webhooks_app.digests.service import SETTLED_AFTER, Told
from webhooks_app.extensions import db
from webhooks_app.jobs.digests import send_due as job
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import Delivery, Digest, Event, Mail, Organisation, Subscription
from webhooks_app.operations.integrity_check import audit
from webhooks_app.operations.schedule import PERIODIC
from webhooks_app.parts import parts_of
from webhooks_app.subscriptions import service as subscriptions
from webhooks_app.subscriptions.test_delivery import send_test
from webhooks_app.vocabulary import ChannelName

GOLDEN = Path(__file__).parents[1] / "golden" / "emails" / "digest"
SINCE = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAILY = {"frequency": "daily", "hour": 9, "weekday": 0, "time_zone": None, "skip_empty": False}
HOURLY = DAILY | {"frequency": "hourly"}
DAY = timedelta(days=1)

numbers = count()


@pytest.fixture
def organisation(app: Flask) -> Organisation:
    return factories.organisation("Demo")


def digest(organisation: Organisation, **more: Any) -> Subscription:
    values: dict[str, Any] = {
        "name": "Daily digest",
        "channel": "email",
        "event_types": ["action.digest"],
        "schedule": DAILY,
        "digest_since": SINCE,
    }
    return factories.action(organisation, "", **(values | more))


def happened(
    organisation: Organisation, at: datetime, name: str = "lead.captured", **more: Any
) -> None:
    """An event that was accepted at that moment."""
    start = floor_id("evt", at.timestamp())[:-8]
    values: dict[str, Any] = {
        "id": f"{start}{next(numbers):08d}",
        "organisation_id": organisation.id,
        "mode": "live",
        "type": name,
        "data": '{"name":"Ada","email":"ada@example.com"}',
        "origin": "api",
        "fan_out": 0,
        "occurred_at": at,
        "created_at": at,
    }
    db.session.add(Event(**(values | more)))
    db.session.commit()


def run(now: datetime) -> int:
    """Run the job shortly after a boundary."""
    db.session.rollback()
    return digests.send_due(db.engine, now + SETTLED_AFTER)


def kept(row: Subscription) -> list[Digest]:
    db.session.rollback()
    db.session.expire_all()
    query = select(Digest).where(Digest.subscription_id == row.id)
    return list(db.session.scalars(query.order_by(Digest.window_start)))


def windows(row: Subscription) -> list[tuple[datetime, datetime]]:
    return [(one.window_start, one.window_end) for one in kept(row)]


def told(row: Subscription) -> list[dict[str, Any]]:
    """The data of each digest that was sent, in order."""
    query = (
        select(Event.data).join(Digest, Digest.event_id == Event.id).order_by(Digest.window_start)
    )
    db.session.rollback()
    return [orjson.loads(data) for data in db.session.scalars(query)]


def test_it_is_an_event_with_a_delivery_for_that_action_alone(organisation: Organisation) -> None:
    row = digest(organisation)
    factories.webhook(organisation, "https://a.example", event_types=["action.digest"])
    happened(organisation, SINCE + timedelta(hours=3))
    assert run(SINCE + DAY) == 1
    delivery = db.session.scalars(select(Delivery)).one()
    event = db.session.scalars(select(Event).where(Event.type == "action.digest")).one()
    assert (delivery.subscription_id, delivery.event_id) == (row.id, event.id)
    assert (delivery.status, delivery.trigger, delivery.tries) == ("pending", "event", 0)
    assert kept(row)[0].event_id == event.id
    data = told(row)[0]
    assert (data["organisation"], data["action"], data["scope"]) == ("Demo", "Daily digest", None)
    assert (data["leads"], data["conversations"], data["before"]["leads"]) == (1, 0, 0)
    db.session.rollback()
    assert sum(audit(db.engine, 3650).broken.values()) == 0


def test_the_job_is_a_periodic_one(organisation: Organisation) -> None:
    row = digest(organisation, schedule=HOURLY, digest_since=utcnow() - timedelta(hours=2))
    db.session.rollback()
    job()
    assert len(windows(row)) == 1
    assert "webhooks_app.jobs.digests.send_due" in {each.job for each in PERIODIC}


def test_nothing_is_due_before_the_boundary_has_settled(organisation: Organisation) -> None:
    row = digest(organisation)
    db.session.rollback()
    assert digests.send_due(db.engine, SINCE + DAY + SETTLED_AFTER - timedelta(seconds=1)) == 0
    assert windows(row) == []
    assert run(SINCE + DAY) == 1
    assert run(SINCE + DAY + timedelta(hours=23)) == 0


def test_every_event_is_told_once_at_the_boundary_too(organisation: Organisation) -> None:
    row = digest(organisation)
    moments = [SINCE, SINCE + DAY - timedelta(milliseconds=1), SINCE + DAY, SINCE + DAY * 2]
    for moment in moments:
        happened(organisation, moment)
    for days in (1, 2, 3):
        run(SINCE + DAY * days)
    assert [data["leads"] for data in told(row)] == [2, 1, 1]
    assert [data["before"]["leads"] for data in told(row)] == [0, 2, 1]


def test_after_downtime_one_digest_covers_all_since(organisation: Organisation) -> None:
    row = digest(organisation)
    run(SINCE + DAY)
    for days in range(1, 6):
        happened(organisation, SINCE + DAY * days + timedelta(hours=1))
    assert run(SINCE + DAY * 6 + timedelta(hours=5)) == 1
    assert windows(row) == [(SINCE, SINCE + DAY), (SINCE + DAY, SINCE + DAY * 6)]
    assert told(row)[1]["leads"] == 5
    assert run(SINCE + DAY * 7) == 1
    assert windows(row)[2] == (SINCE + DAY * 6, SINCE + DAY * 7)


def test_a_failed_send_loses_no_window_and_the_next_goes_on(organisation: Organisation) -> None:
    """Success belongs to the delivery, which has its own retries."""
    row = digest(organisation)
    run(SINCE + DAY)
    arrange(status="failed")
    assert run(SINCE + DAY) == 0
    assert run(SINCE + DAY * 2) == 1
    assert windows(row)[1][0] == SINCE + DAY


def test_a_digest_that_cannot_be_made_comes_with_the_next_run_and_stops_no_other(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = digest(organisation, name="Broken"), digest(organisation)
    content_of = digests.content_of
    broken_scope = ("chatbot", "broken")
    broken.scope_type, broken.scope_id = broken_scope
    db.session.commit()

    def failing(session: Any, tenant: Any, scope: Any, *rest: Any) -> Any:
        if scope == broken_scope:
            raise RuntimeError
        return content_of(session, tenant, scope, *rest)

    monkeypatch.setattr(digests, "content_of", failing)
    assert run(SINCE + DAY) == 1
    assert (len(windows(broken)), len(windows(other))) == (0, 1)
    monkeypatch.undo()
    assert run(SINCE + DAY + timedelta(minutes=5)) == 1
    assert windows(broken) == windows(other)


def test_what_was_not_committed_with_its_event_is_made_again(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = digest(organisation)

    def dying(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(digests, "insert_rows", dying)
    assert run(SINCE + DAY) == 0
    assert windows(row) == []
    monkeypatch.undo()
    assert run(SINCE + DAY) == 1


def test_of_many_jobs_at_once_one_sends(app: Flask, organisation: Organisation) -> None:
    rows = [digest(organisation, name=f"Digest {number}") for number in range(3)]
    happened(organisation, SINCE)
    db.session.rollback()
    start, sent = threading.Barrier(4), []

    def work() -> None:
        with app.app_context():
            start.wait()
            sent.append(digests.send_due(db.engine, SINCE + DAY + SETTLED_AFTER))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == len(rows)
    assert len(sent) == 4
    assert [windows(row) for row in rows] == [[(SINCE, SINCE + DAY)]] * 3
    assert db.session.query(Delivery).count() == 3
    assert db.session.query(Event).filter_by(type="action.digest").count() == 3


def test_jobs_that_see_different_times_leave_no_overlap(
    app: Flask, organisation: Organisation
) -> None:
    row = digest(organisation, schedule=HOURLY)
    db.session.rollback()
    start = threading.Barrier(6)

    def work(hours: int) -> None:
        with app.app_context():
            start.wait()
            for later in range(4):
                moment = SINCE + timedelta(hours=hours + later)
                digests.send_due(db.engine, moment + SETTLED_AFTER)

    threads = [threading.Thread(target=work, args=(hours,)) for hours in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = windows(row)
    assert found[0][0] == SINCE
    assert all(one[1] == other[0] for one, other in pairwise(found))
    run(SINCE + timedelta(hours=9))
    assert windows(row)[-1][1] == SINCE + timedelta(hours=9)


def test_a_change_of_zone_leaves_no_gap(organisation: Organisation) -> None:
    row = digest(organisation)
    run(SINCE + DAY)
    organisation.time_zone = "Asia/Kathmandu"
    db.session.commit()
    following = SINCE + DAY + timedelta(hours=18, minutes=15)
    assert run(following) == 1
    row.schedule = DAILY | {"time_zone": "America/New_York"}
    db.session.commit()
    assert run(following + timedelta(hours=10, minutes=45)) == 1
    found = windows(row)
    assert [one[0] for one in found[1:]] == [one[1] for one in found[:-1]]
    assert found[-1][1] == following + timedelta(hours=10, minutes=45)
    assert told(row)[-1]["time_zone"] == "America/New_York"


def test_a_day_on_which_clocks_change_is_told_whole(organisation: Organisation) -> None:
    since = datetime(2026, 3, 28, 9, tzinfo=UTC)
    zone = {"time_zone": "Europe/London"}
    row = digest(organisation, schedule=DAILY | zone, digest_since=since)
    for hours in range(72):
        happened(organisation, since + timedelta(hours=hours))
        run(since + timedelta(hours=hours))
    assert [one[1] - one[0] for one in windows(row)] == [timedelta(hours=23), DAY, DAY]
    assert [data["leads"] for data in told(row)] == [23, 24, 24]


def test_an_empty_period_can_be_skipped_and_the_next_begins_after_it(
    organisation: Organisation,
) -> None:
    row = digest(organisation, schedule=DAILY | {"skip_empty": True})
    assert run(SINCE + DAY) == 0
    happened(organisation, SINCE + DAY, "message.sent")
    assert run(SINCE + DAY * 2) == 1
    assert [one.skipped for one in kept(row)] == [True, False]
    assert windows(row) == [(SINCE, SINCE + DAY), (SINCE + DAY, SINCE + DAY * 2)]
    assert db.session.query(Delivery).count() == 1


def test_an_empty_period_is_told_when_it_is_not_to_be_skipped(organisation: Organisation) -> None:
    digest(organisation)
    assert run(SINCE + DAY) == 1


def test_only_what_is_in_its_scope_and_mode_and_no_test_counts(organisation: Organisation) -> None:
    row = digest(organisation, scope_type="chatbot", scope_id="bot_1")
    at, bot = SINCE + timedelta(hours=1), {"subject_type": "chatbot", "subject_id": "bot_1"}
    for name in ("conversation.started", "message.sent", "message.received", "booking.confirmed"):
        happened(organisation, at, name, **bot)
    happened(organisation, at, **bot, origin="chat")
    happened(organisation, at)
    happened(organisation, at, **(bot | {"subject_id": "bot_2"}))
    happened(organisation, at, **bot, mode="test")
    happened(organisation, at, **bot, origin="test")
    happened(factories.organisation("Others"), at, **bot)
    run(SINCE + DAY)
    data = told(row)[0]
    names = ("conversations", "messages", "leads", "bookings")
    assert [data[name] for name in names] == [1, 2, 1, 1]
    assert len(data["recent_leads"]) == 1
    assert data["scope"] == {"type": "chatbot", "id": "bot_1"}


def test_the_table_has_the_newest_leads_wherever_their_fields_are(
    organisation: Organisation,
) -> None:
    row = digest(organisation)
    nested = {
        "lead": {"name": "Grace\0\u202e  Hopper", "phone": 123, "email": None},
        "company": "x" * 999,
    }
    for number in range(21):
        happened(organisation, SINCE + timedelta(minutes=number))
    happened(organisation, SINCE + timedelta(hours=1), data=orjson.dumps(nested).decode())
    run(SINCE + DAY)
    data = told(row)[0]
    assert (data["leads"], len(data["recent_leads"])) == (22, 20)
    newest = data["recent_leads"][0]
    assert (newest["name"], newest["phone"], newest["email"]) == ("Grace Hopper", "123", "")
    assert len(newest["company"]) == 100
    assert newest["at"] == "2026-03-01T10:00:00.000Z"
    assert summary_of(data).more_leads == 2


@pytest.mark.parametrize(
    "state",
    [
        {"enabled": False},
        {"deleted_at": SINCE},
        {"schedule": None},
        {"channel": "webhook"},
        {"schedule": {"frequency": "yearly"}},
        {"schedule": DAILY | {"time_zone": "Gone/Zone"}},
    ],
)
def test_what_is_off_or_no_digest_sends_none(
    organisation: Organisation, state: dict[str, Any]
) -> None:
    row = digest(organisation, **state)
    assert run(SINCE + DAY) == 0
    assert windows(row) == []


def test_one_that_was_changed_after_it_was_read_waits_for_the_next_run(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = digest(organisation)
    content_of = digests.content_of

    def meanwhile(*args: Any) -> Any:
        with db.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE subscriptions SET revision = revision + 1")
        return content_of(*args)

    monkeypatch.setattr(digests, "content_of", meanwhile)
    assert run(SINCE + DAY) == 0
    monkeypatch.undo()
    assert run(SINCE + DAY) == 1
    assert len(windows(row)) == 1


def test_no_event_is_sent_to_a_digest_by_itself(organisation: Organisation) -> None:
    digest(organisation, event_types=["lead.captured"])
    each = factories.action(organisation, "https://a.example")
    factories.accepted(organisation)
    assert db.session.scalars(select(Delivery.subscription_id)).all() == [each.id]


def service_fields(**more: Any) -> dict[str, Any]:
    return {"name": "Daily digest", "email_to": ["a@example.com"], "event_types": [], **more}


def made(app: Flask, organisation: Organisation, **more: Any) -> Subscription:
    guard, vault = parts_of(app).guard, parts_of(app).vault
    kind = subscriptions.SubscriptionKind.ACTION
    fields, tenant = service_fields(**more), factories.tenant(organisation)
    row, _ = subscriptions.create_subscription(
        db.session(), tenant, kind, fields, vault, guard, ChannelName.EMAIL
    )
    return row


def test_its_first_window_begins_when_it_becomes_a_digest(
    app: Flask, organisation: Organisation
) -> None:
    before = utcnow()
    row = made(app, organisation, schedule={"frequency": "daily", "hour": 9})
    assert row.schedule == DAILY
    assert row.event_types == ["action.digest"]
    assert row.digest_since
    assert row.digest_since >= before
    first = row.digest_since

    def change(**fields: Any) -> None:
        vault, guard = parts_of(app).vault, parts_of(app).guard
        subscriptions.update_subscription(db.session(), row, fields, vault, guard)

    change(schedule=HOURLY)
    assert row.digest_since == first
    change(schedule=None, event_types=["lead.captured"])
    assert (row.schedule, row.event_types) == (None, ["lead.captured"])
    change(schedule=HOURLY)
    assert row.digest_since > first
    copy, _ = subscriptions.duplicate(db.session(), row, parts_of(app).vault)
    assert copy.schedule == HOURLY
    assert copy.digest_since
    assert copy.digest_since > row.digest_since


def test_what_was_told_event_by_event_is_in_no_digest(organisation: Organisation) -> None:
    row = digest(organisation)
    run(SINCE + DAY)
    row.digest_since = SINCE + DAY * 3 + timedelta(hours=1)
    db.session.commit()
    run(SINCE + DAY * 4)
    assert windows(row)[1] == (row.digest_since, SINCE + DAY * 4)


@pytest.mark.parametrize(
    ("schedule", "at"),
    [({"frequency": "yearly"}, "frequency"), (DAILY | {"time_zone": "Mars/Base"}, "time_zone")],
)
def test_a_schedule_that_cannot_be_used_is_refused(
    app: Flask, organisation: Organisation, schedule: dict[str, Any], at: str
) -> None:
    with pytest.raises(Invalid) as error:
        made(app, organisation, schedule=schedule)
    assert [fault.at for fault in error.value.faults] == [f"#/schedule/{at}"]


def test_old_windows_are_forgotten_but_for_the_last(organisation: Organisation) -> None:
    row = digest(organisation)
    for days in (1, 2, 200, 201):
        run(SINCE + DAY * days)
    assert [end for _, end in windows(row)] == [SINCE + DAY * days for days in (200, 201)]


def test_a_test_sends_the_last_digest_of_this_organisation(
    app: Flask, organisation: Organisation
) -> None:
    row = digest(organisation)
    logged = send_test(db.session(), factories.tenant(organisation), row)
    assert (logged.event.type, logged.event.origin) == ("action.digest", "test")
    data = orjson.loads(logged.event.data)
    assert (data["organisation"], data["action"]) == (organisation.name, row.name)
    assert summary_of(data).headline == "0 conversations, 0 leads"
    assert db.session.query(Digest).count() == 0


def whom(organisation: Organisation) -> Told:
    return Told(Tenant(organisation.id, "live"), organisation.name, "Daily digest", None)


def test_a_preview_says_what_the_last_complete_window_holds(organisation: Organisation) -> None:
    happened(organisation, SINCE + timedelta(hours=1))
    schedule = parse_schedule(DAILY, "UTC")
    now = SINCE + DAY + timedelta(hours=4)
    found = digests.preview(db.session(), whom(organisation), schedule, now)
    assert found.headline == "0 conversations, 1 lead"
    assert found.period == "Sun 1 Mar, 09:00 – Mon 2 Mar, 09:00"
    assert db.session.query(Digest).count() == 0


def test_one_right_now_goes_to_who_asks_and_moves_no_window(organisation: Organisation) -> None:
    row = digest(organisation)
    schedule, now = parse_schedule(DAILY, "UTC"), SINCE + DAY + timedelta(hours=4)
    digests.send_one(db.session(), whom(organisation), schedule, "me@example.com", now)
    assert db.session.scalars(select(Mail.recipient)).all() == ["me@example.com"]
    assert windows(row) == []
    assert db.session.query(Delivery).count() == 0


DATA: dict[str, Any] = {
    "organisation": "Böhm & <Söhne>",
    "action": "Daily <digest>",
    "scope": {"type": "chatbot", "id": "bot_1"},
    "frequency": "daily",
    "time_zone": "Europe/London",
    "start": "2026-11-15T09:00:00.000Z",
    "end": "2026-11-16T09:00:00.000Z",
    "conversations": 12,
    "messages": 1318,
    "leads": 3,
    "bookings": 1,
    "before": {"conversations": 9, "messages": 1500, "leads": 3, "bookings": 0},
    "recent_leads": [
        {
            "name": "Maya Lindqvist",
            "email": "maya.lindqvist@example.com",
            "phone": "+46 70 123 45 67",
            "company": "Norrsken <Bygg> AB",
            "at": "2026-11-16T08:12:40.000Z",
        },
        {
            "name": "",
            "email": "a@b.example",
            "phone": "",
            "company": "",
            "at": "2026-11-15T23:59:00Z",
        },
    ],
}


def letter(data: dict[str, Any]) -> Mail:
    summary, context = summary_of(data), digests.UNADDRESSED
    return mail.post(db.session(), "ada@example.com", "digest", digest=summary, **context)


def test_the_mail_looks_as_it_should(app: Flask) -> None:
    row = letter(DATA)
    assert row.subject == (GOLDEN / "subject.txt").read_text().strip()
    assert row.text == (GOLDEN / "body.txt").read_text()
    assert row.html == (GOLDEN / "body.html").read_text()


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ("2026-11-16T00:00:00Z", "2026-11-17T00:00:00Z", "Mon 16 Nov"),
        ("2026-11-16T08:00:00Z", "2026-11-16T09:00:00Z", "Mon 16 Nov, 08:00–09:00"),
        ("2026-11-16T20:00:00Z", "2026-11-17T00:00:00Z", "Mon 16 Nov, 20:00–00:00"),
        ("2026-11-09T09:00:00Z", "2026-11-16T09:00:00Z", "Mon 9 Nov – Mon 16 Nov"),
        ("2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z", "Sun 25 Oct"),
    ],
)
def test_the_subject_names_the_period(start: str, end: str, label: str) -> None:
    assert summary_of(DATA | {"start": start, "end": end}).label == label


@pytest.mark.parametrize(
    ("now", "earlier", "change"),
    [
        (12, 9, "+3 (+33\N{NO-BREAK SPACE}%)"),
        (9, 12, "−3 (−25\N{NO-BREAK SPACE}%)"),
        (3, 0, "+3"),
        (0, 3, "−3 (−100\N{NO-BREAK SPACE}%)"),
        (2, 2, "no change"),
    ],
)
def test_changes_are_said_as_people_do(now: int, earlier: int, change: str) -> None:
    data = DATA | {"leads": now, "before": DATA["before"] | {"leads": earlier}}
    assert {one.label: one.change for one in summary_of(data).counts}["Leads captured"] == change


@pytest.mark.parametrize(
    ("wanted", "subject"),
    [
        (None, "Demo: 0 conversations, 1 lead (Mon 2 Mar)"),
        ("{{ data.leads }} new at {{ data.organisation }}", "1 new at Demo"),
    ],
)
def test_it_arrives_as_a_mail(
    organisation: Organisation, drain: Callable[[], None], wanted: str | None, subject: str
) -> None:
    """The engine sends it like every delivery; without a mail server it goes to the outbox."""
    addresses = ["ada@example.com", "bob@example.com"]
    digest(organisation, email_to=addresses, email_subject=wanted)
    happened(organisation, SINCE + timedelta(hours=1))
    run(SINCE + DAY)
    drain()
    mails = db.session.scalars(select(Mail).order_by(Mail.recipient)).all()
    assert [one.recipient for one in mails] == addresses
    assert [one.subject for one in mails] == [subject] * 2
    assert "ada@example.com" in mails[0].html
    assert "Unsubscribe" in mails[0].html
    assert db.session.scalars(select(Delivery.status)).all() == ["delivered"]
