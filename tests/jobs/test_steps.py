"""No step of a job that deletes takes more rows than it should, however many hang on one of them.

PostgreSQL and SQLite also delete what refers to a row. So all rows are counted.
"""

from collections import Counter
from datetime import datetime, timedelta
from itertools import cycle

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from tests.jobs.test_slices import SLICED
from tests.support.filling import fill, id_at
from webhooks_app.deliveries import expired_events
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.times import utcnow
from webhooks_app.models import (
    AnsweredRequest,
    Attempt,
    AuditEntry,
    ChatMessage,
    Conversation,
    Delivery,
    DeliveryStat,
    Event,
    FailedLogIn,
    InboxRequest,
    Mail,
    Notification,
    NotificationRead,
    ObjectState,
    Organisation,
    Outage,
    PasswordReset,
    ReplayBatch,
    UserSession,
)
from webhooks_app.operations.slices import Part

MANY, MOST = 9, 4
OLD = timedelta(days=1000)
FILLED = (
    AnsweredRequest,
    Attempt,
    AuditEntry,
    ChatMessage,
    Conversation,
    Delivery,
    DeliveryStat,
    Event,
    FailedLogIn,
    InboxRequest,
    Mail,
    Notification,
    NotificationRead,
    ObjectState,
    Outage,
    PasswordReset,
    ReplayBatch,
    UserSession,
)
# They change rows in place, or give back space.
DELETE_NOTHING = {"paused", "pages", "secrets of answers"}


def fill_all(organisation: Organisation, users: list[str], moment: datetime) -> None:
    """Many rows of all kinds from that moment, and many that hang on one of them."""
    own = {"organisation_id": organisation.id}
    webhook = factories.webhook(organisation, "https://a.example")
    inbox = factories.inbox(organisation)

    def ids(prefix: str, number: int = MANY) -> list[str]:
        return [id_at(prefix, moment) for _ in range(number)]

    [talk], [note], [event] = ids("cnv", 1), ids("ntf", 1), ids("evt", 1)
    over = {
        "subscription_id": webhook.id,
        "status": "cancelled",
        "trigger": "replay",
        "tries": 1,
        **own,
    }
    deliveries, lost = ids("msg"), ids("msg")
    fill(Event, moment, [{"id": one, "origin": "api", **own} for one in (event, *ids("evt", 2))])
    fill(Delivery, moment, [{"id": one, "event_id": event, **over} for one in deliveries])
    fill(Delivery, moment, [{"id": one, "event_id": "evt_x", **over} for one in lost])
    fill(Attempt, moment, [{"delivery_id": one} for one in (*deliveries, *lost, *ids("msg"))])
    fill(Outage, moment, [{"id": one, "subscription_id": webhook.id, **own} for one in ids("out")])
    talks = [{"id": one, "conversation_id": one, **own} for one in (talk, *ids("cnv", 2))]
    fill(Conversation, moment, talks)
    # The plan of one organisation is shorter: its messages go with their conversations.
    fill(ChatMessage, moment, [{"id": one, "conversation": talk} for one in ids("cms")])
    ended = {"status": "finished", "finished_at": moment, **own}
    fill(ReplayBatch, moment, [{"id": one, **ended} for one in ids("rpl")])
    fill(Notification, moment, [{"id": one, **own} for one in (note, *ids("ntf", 2))])
    fill(NotificationRead, moment, [{"notification_id": note, "user_id": one} for one in users])
    hours = [moment + timedelta(hours=n) for n in range(MANY)]
    fill(DeliveryStat, moment, [{"subscription_id": webhook.id, "hour": one} for one in hours])
    fill(InboxRequest, moment, [{"id": one, "inbox_id": inbox.id} for one in ids("req")])
    fill(AuditEntry, moment, [{"id": one, **own} for one in ids("aud")])
    fill(UserSession, moment, [{"id": one, "user_id": users[0]} for one in ids("ses")])
    fill(PasswordReset, moment, [{"id": one, "user_id": users[0]} for one in ids("rst")])
    fill(FailedLogIn, moment, [{"id": one} for one in ids("fai")])
    fill(Mail, moment, [{"id": one, "status": "sent"} for one in ids("mai")])
    fill(AnsweredRequest, moment, [{"key": str(n), **own} for n in range(MANY)])
    fill(ObjectState, moment, [{"object_id": one, **own} for one in ids("obj")])


def parts(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """Those of all jobs, the ones of single organisations first."""
    found = list[Part]()
    monkeypatch.setattr(upkeep, "run_slice", lambda _job, parts: found.extend(parts))
    for job in SLICED:
        job()
    return sorted(found, key=lambda part: not part.of)


def rows() -> int:
    db.session.rollback()
    counts = [select(func.count()).select_from(table) for table in db.metadata.sorted_tables]
    total = sum(db.session.scalar(count) or 0 for count in counts)
    db.session.rollback()
    return total


def test_no_step_deletes_more_rows_than_its_size(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event goes together with its deliveries, unless those are too many."""
    monkeypatch.setattr(expired_events, "MOST", MOST)
    users = [factories.user(f"{n}@example.com").id for n in range(MANY)]
    for plan in ("free", "self_hosted"):
        organisation = factories.organisation()
        organisation.plan = plan
        fill_all(organisation, users, utcnow() - OLD)
    sizes, deleted, left = cycle((1, 4, 2, 7)), Counter[str](), rows()
    for part in parts(monkeypatch):
        after = ()
        while after is not None:
            size, before = next(sizes), left
            changed, after = part.step(after, size)
            left = rows()
            assert before - left <= size + (MOST if part.kind == "events" else 0), part
            assert before - left == (0 if part.kind in DELETE_NOTHING else changed)
            deleted[part.kind] += before - left
    assert {kind for kind, number in deleted.items() if not number} <= DELETE_NOTHING
    filled = {model.__table__ for model in FILLED}
    assert all(db.session.scalar(select(func.count()).select_from(one)) == 0 for one in filled)


def test_all_that_refers_to_what_is_deleted_is_filled() -> None:
    filled = {model.__table__ for model in FILLED}
    referring = {
        table
        for table in db.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table in filled
    }
    assert referring <= filled
