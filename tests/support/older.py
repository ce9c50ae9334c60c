"""What code of the version before the queue did: it kept all in the log."""

from datetime import datetime

from sqlalchemy import text

from webhooks_app.database.bulk import sqlite_value
from webhooks_app.extensions import db

ENGINE = 7
PLAN = """
    UPDATE deliveries SET (due_at, delayed) = (
        SELECT due_at, delayed FROM queue WHERE delivery_id = deliveries.id
    ) WHERE id = :id AND status IN ('pending', 'retrying')
        AND EXISTS (SELECT 1 FROM queue WHERE delivery_id = deliveries.id)"""
FORGET = """
    DELETE FROM queue WHERE delivery_id = :id AND leased_until IS NULL"""
CLAIM = f"""
    UPDATE deliveries SET status = 'sending', tries = tries + 1, due_at = :at,
        claimed_by = {ENGINE}
    WHERE id = :id AND status IN ('pending', 'retrying') AND due_at IS NOT NULL"""
RETRY = """
    UPDATE deliveries SET status = 'retrying', due_at = :at, delayed = true,
        failures = failures + 1, status_code = 500, error = 'bad', claimed_by = NULL
    WHERE id = :id AND status = 'sending' AND tries = :number"""
DELIVER = """
    UPDATE deliveries SET status = 'delivered', due_at = NULL, status_code = 200,
        finished_at = :at, claimed_by = NULL
    WHERE id = :id AND status = 'sending' AND tries = :number"""
NUMBER = "SELECT tries FROM deliveries WHERE id = :id"


def plan(delivery_id: str) -> None:
    """As if it had planned this delivery, or put off its retry: in the log alone."""
    run(PLAN, id=delivery_id)
    run(FORGET, id=delivery_id)


def claim(delivery_id: str, until: datetime) -> None:
    run(CLAIM, id=delivery_id, at=until)


def retry(delivery_id: str, at: datetime, number: int | None = None) -> None:
    run(RETRY, id=delivery_id, at=at, number=number or _number(delivery_id))


def deliver(delivery_id: str, at: datetime, number: int) -> None:
    run(DELIVER, id=delivery_id, at=at, number=number)


def run(statement: str, **values: object) -> None:
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        values = {name: sqlite_value(value) for name, value in values.items()}
    db.session.execute(text(statement), values)
    db.session.commit()


def _number(delivery_id: str) -> int:
    db.session.rollback()
    return int(db.session.scalar(text(NUMBER), {"id": delivery_id}) or 0)
