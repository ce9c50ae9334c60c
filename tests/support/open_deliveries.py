"""Arrange deliveries in any state, in the log and in the queue."""

from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, delete, insert, or_, select, true, update

from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Queued
from webhooks_app.vocabulary import OPEN

DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)


def arrange(
    *which: str | ColumnElement[bool],
    status: str | None = None,
    due_at: datetime | ColumnElement[datetime] | None = None,
    claimed_by: int | None = None,
    **changed: object,
) -> None:
    """Change these deliveries, or all of them; committed.

    `which` are ids or conditions. Without a status they keep theirs. One that is being sent has a
    lease until `due_at`, and keeps its engine.
    """
    db.session.commit()
    columns = DELIVERIES.c
    those = (columns.id == one if isinstance(one, str) else one for one in which)
    ids = db.session.scalars(select(columns.id).where(or_(*those) if which else true())).all()
    if status is not None:
        changed["status"] = status
    if changed:
        db.session.execute(update(DELIVERIES).where(columns.id.in_(ids)).values(changed))
    rows = db.session.execute(
        select(
            columns.id, columns.subscription_id, columns.status, columns.tries, columns.created_at
        ).where(columns.id.in_(ids))
    ).all()
    for row in rows:
        queued = db.session.execute(select(QUEUE).where(QUEUE.c.delivery_id == row.id)).first()
        db.session.execute(delete(QUEUE).where(QUEUE.c.delivery_id == row.id))
        if row.status not in OPEN:
            continue
        sending = row.status == "sending"
        lease = due_at if due_at is not None else queued and queued.leased_until
        due = due_at if due_at is not None else queued and queued.due_at
        engine = claimed_by if claimed_by is not None else queued and queued.claimed_by
        db.session.execute(
            insert(QUEUE).values(
                delivery_id=row.id,
                subscription_id=row.subscription_id,
                tries=row.tries,
                due_at=row.created_at if sending else row.created_at if due is None else due,
                leased_until=(utcnow() if lease is None else lease) if sending else None,
                claimed_by=engine if sending else None,
            )
        )
    db.session.commit()
    db.session.expire_all()
