"""What a page reads of a long log is bounded, however few deliveries or events fit its filters.

PostgreSQL plans by what it counted. So it is asked how many rows it has read.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.support import fill
from tests import factories
from webhooks_app.deliveries import log, missed, replays
from webhooks_app.deliveries.filters import Filters
from webhooks_app.events import seen_subjects, stream
from webhooks_app.events.filters import EventFilters
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Outage, ReplayBatch
from webhooks_app.organisations import audit_search
from webhooks_app.organisations.audit_search import AuditFilters
from webhooks_app.subscriptions import preview
from webhooks_app.subscriptions.spec import WebhookSpec
from webhooks_app.vocabulary import DeliveryStatus

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

EVENTS, LOOKED_THROUGH, MOST = 8000, 100, 500
HEALTHY = "whk_healthy"
RARE = "room.recording.transcript.published"
READ = text("""
    SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables
    WHERE relname ~ '^(events|deliveries|attempts|audit_log)'""")
ENTRIES = text("""
    INSERT INTO audit_log (id, organisation_id, actor, action, target_type, target_id, target_name,
        detail, created_at)
    SELECT 'aud_z' || left(md5(id || n), 25), id, 'Ada', 'webhook.updated', 'webhook', 'whk_1',
        'CRM', '{}', now()
    FROM organisations, generate_series(1, :entries) n WHERE id = :owner""")
FILTERS = {
    "all": Filters(),
    "a webhook": Filters(subscription_id=HEALTHY),
    "event type": Filters(event_type=RARE),
    "subject": Filters(subject="bot_1"),
    "field": Filters(field=("data.email", "nowhere")),
    "text": Filters(text="nowhere"),
    "an id": Filters(text=new_id("msg")),
    "the id of an event": Filters(text=new_id("evt")),
    "response": Filters(response="nowhere"),
    "failed, of a webhook": Filters(status=DeliveryStatus.FAILED, subscription_id=HEALTHY),
    "failed": Filters(status=DeliveryStatus.FAILED, event_type=RARE),
    "missing": Filters(missing=True, event_type=RARE),
    "missing, of a webhook": Filters(missing=True, subscription_id=HEALTHY),
}

Read = Callable[[Session, Tenant], object]


@pytest.fixture
def tenant(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """With a long log in which nothing fits, and others are newer. One webhook is healthy."""
    organisation = factories.organisation()
    webhook = factories.webhook(organisation, "https://example.com/", event_types=[RARE])
    now = utcnow()
    db.session.add(
        Outage(
            id=new_id("out"),
            reason="It did not answer.",
            organisation_id=organisation.id,
            mode="live",
            subscription_id=webhook.id,
            began_at=now - timedelta(days=1),
            ended_at=now + timedelta(days=1),
        )
    )
    webhook.created_at = now - timedelta(days=2)
    db.session.commit()
    healthy = factories.webhook(organisation, "https://example.com/", id=HEALTHY)
    for to, count, status in (
        (webhook, EVENTS, "delivered"),
        (webhook, 2 * MOST, "failed"),
        (healthy, 2 * MOST, "delivered"),
        (healthy, 5, "failed"),
    ):
        fill(organisation, [to], count, status=status)
    others = factories.organisation("Busy now")
    theirs = factories.webhook(others, "https://example.com/")
    fill(others, [theirs], 2 * MOST, status="delivered")
    for owner, entries in ((organisation, EVENTS), (others, 2 * MOST)):
        db.session.execute(ENTRIES, {"owner": owner.id, "entries": entries})
    db.session.commit()
    for module in (audit_search, log, missed, preview, seen_subjects, stream):
        monkeypatch.setattr(module, "LOOKED_THROUGH", LOOKED_THROUGH)
    monkeypatch.setattr(replays, "STEP", LOOKED_THROUGH)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE events, deliveries, attempts, audit_log"))
    yield factories.tenant(organisation)
    db.session.rollback()


def replay(
    session: Session, tenant: Tenant, filters: Filters, delivery_ids: Sequence[str] = ()
) -> object:
    """The first step of one."""
    batch = ReplayBatch(
        organisation_id=tenant.organisation_id,
        mode=tenant.mode,
        filters=filters.as_json(),
        delivery_ids=list(delivery_ids),
        position=None,
        end="msg_~",
    )
    return replays._next(session, batch)


def some(session: Session, tenant: Tenant) -> Delivery:
    """One that is not the first."""
    rows = db.select(Delivery).where(
        Delivery.in_tenant(tenant), Delivery.subscription_id != HEALTHY
    )
    return session.scalars(rows.offset(60).limit(1)).one()


READERS: dict[str, Read] = {
    **{
        f"list, {name}": lambda session, tenant, one=one: log.list_deliveries(
            session, tenant, one, PageBounds()
        )
        for name, one in FILTERS.items()
    },
    **{
        f"estimate, {name}": lambda session, tenant, one=one: log.estimate(
            session, tenant, one, 100
        )
        for name, one in FILTERS.items()
    },
    **{
        f"replay, {name}": lambda session, tenant, one=one: replay(session, tenant, one)
        for name, one in FILTERS.items()
    },
    "replay, of chosen ones": lambda session, tenant: replay(
        session, tenant, Filters(), [some(session, tenant).id]
    ),
    "replay, of an event": lambda session, tenant: replay(
        session, tenant, Filters(event_id=some(session, tenant).event_id)
    ),
    "all events": lambda session, tenant: stream.list_lines(
        session, tenant, EventFilters(), PageBounds()
    ),
    "subjects": seen_subjects.seen,
    "events": lambda session, tenant: stream.list_lines(
        session, tenant, EventFilters(type=RARE), PageBounds()
    ),
    "audit log": lambda session, tenant: audit_search.list_entries(
        session, tenant.organisation_id, AuditFilters(target="nowhere"), PageBounds()
    ),
    "entries about one": lambda session, tenant: audit_search.entries_about(
        session, tenant.organisation_id, "nowhere", utcnow() - timedelta(days=1)
    ),
    "preview": lambda session, tenant: preview.of(
        session, tenant, WebhookSpec(name="A", url="https://example.com/", event_types=[RARE])
    ),
    "missed": lambda session, tenant: missed.step(
        session, tenant, missed.gaps(session, tenant, Filters(missing=True))
    ),
}


def test_no_reader_reads_more_than_it_may_look_through(tenant: Tenant) -> None:
    session, read = db.session(), {}
    for name, reader in READERS.items():
        before = session.scalar(READ)
        reader(session, tenant)
        read[name] = session.scalar(READ) - before
        session.rollback()
    assert {name: rows for name, rows in read.items() if not 0 < rows <= MOST} == {}
