"""How an action or webhook is doing, and why."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ScalarSelect, Select, TextClause, func, literal, select, union_all
from sqlalchemy.orm import Session

from webhooks_app.database import read_connection
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.models import Delivery, Queued, Subscription
from webhooks_app.models.queued import HALVES
from webhooks_app.vocabulary import Trigger

# Among how many of the newest deliveries the last error is looked for.
LOOKED_AT = 20
MOST_WAITING = 100_000
NOBODY: Mapping[str, int] = {}


class Health(NamedTuple):
    """`state` is broken, off, paused, failing, healthy or unused.

    `since` is when it began, None if that is unknown. `reason` is a sentence, or empty.
    """

    state: str
    since: datetime | None
    reason: str


def last_errors(session: Session, rows: Iterable[Subscription]) -> Mapping[str, str]:
    """The error of the newest tried delivery of each failing subscription, by id."""
    failing = [row.id for row in rows if row.health.failing_since is not None]
    if not failing:
        return {}
    connection = read_connection(session)
    force_index_scans(connection)
    ready, delayed = map(_due_last, HALVES)
    tried = connection.execute(
        select(ready, delayed, _newest_error()).where(Subscription.id.in_(failing))
    )
    ids = [id_ for row in tried for id_ in row if id_ is not None]
    found = select(Delivery.subscription_id, Delivery.error).where(Delivery.id.in_(ids))
    oldest_first = connection.execute(found.order_by(Delivery.id))
    return {id_: error for id_, error in oldest_first if error}


def waiting_of(session: Session, rows: Iterable[Subscription]) -> Mapping[str, int]:
    """How many deliveries of each paused subscription wait, up to `MOST_WAITING`, by id."""
    paused = [row.id for row in rows if row.is_paused]
    if not paused:
        return {}
    connection = read_connection(session)
    force_index_scans(connection)
    counted = connection.execute(union_all(*map(_count, paused)))
    return {id_: waiting for id_, waiting in counted}  # noqa: C416 - mypy knows no rows


def health_of(
    row: Subscription,
    broken: str | None,
    errors: Mapping[str, str],
    waiting: Mapping[str, int] = NOBODY,
) -> Health:
    health = row.health
    if broken:
        return Health("broken", None, broken)
    if not row.enabled:
        return Health("off", row.disabled_at, row.disabled_reason or "")
    if row.is_paused:
        return Health("paused", row.paused_at, _in_words(waiting.get(row.id, 0)))
    if health.failing_since is not None:
        return Health("failing", health.failing_since, errors.get(row.id, ""))
    if health.last_success_at is not None:
        return Health("healthy", health.last_success_at, "")
    return Health("unused", None, "")


def _count(subscription_id: str) -> Select[str, int]:
    of_it = select(Queued.delivery_id).where(Queued.subscription_id == subscription_id)
    waiting = union_all(*map(of_it.where, HALVES)).limit(MOST_WAITING).subquery()
    return select(literal(subscription_id), func.count()).select_from(waiting)


def _in_words(waiting: int) -> str:
    if waiting >= MOST_WAITING:
        return f"at least {waiting:,} deliveries wait"
    return f"{waiting:,} deliver{'y waits' if waiting == 1 else 'ies wait'}"


# Each looks up one delivery of a subscription, so that it is planned once for all of them.
def _due_last(half: TextClause) -> ScalarSelect[str]:
    """The waiting delivery that is due last: it failed, and is retried after all others."""
    latest = select(Queued.delivery_id).where(Queued.subscription_id == Subscription.id, half)
    return latest.order_by(Queued.due_at.desc()).limit(1).scalar_subquery()


def _newest_error() -> ScalarSelect[str]:
    """The newest one with an error that is no test."""
    newest = (
        select(Delivery.id, Delivery.error, Delivery.trigger)
        .where(Delivery.subscription_id == Subscription.id)
        .order_by(Delivery.id.desc())
        .limit(LOOKED_AT)
        .correlate(Subscription)
        .subquery()
    )
    columns = newest.c
    of_it = select(columns.id).where(columns.trigger != Trigger.TEST.value, columns.error != "")
    return of_it.order_by(columns.id.desc()).limit(1).scalar_subquery()
