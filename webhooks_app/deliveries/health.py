"""How an action or webhook is doing, and why."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select, union_all
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
    parts = [part for id_ in failing for part in (*_waiting(id_), _newest(id_))]
    found = connection.execute(union_all(*parts))
    errors: dict[str, tuple[str, str]] = {}
    for subscription_id, delivery_id, error in found:
        if error and delivery_id >= errors.get(subscription_id, ("", ""))[0]:
            errors[subscription_id] = (delivery_id, error)
    return {id_: error for id_, (_, error) in errors.items()}


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


def _waiting(subscription_id: str) -> list[Select[str, str, str | None]]:
    """The waiting deliveries that are due last: they failed, and are retried after all others."""
    latest = (
        select(Queued.delivery_id)
        .where(Queued.subscription_id == subscription_id)
        .order_by(Queued.due_at.desc())
        .limit(1)
    )
    error = select(Delivery.subscription_id, Delivery.id, Delivery.error)
    return [error.where(Delivery.id == latest.where(half).scalar_subquery()) for half in HALVES]


def _newest(subscription_id: str) -> Select[Any]:
    newest = (
        select(Delivery.subscription_id, Delivery.id, Delivery.error, Delivery.trigger)
        .where(Delivery.subscription_id == subscription_id)
        .order_by(Delivery.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    columns = newest.c
    return select(columns.subscription_id, columns.id, columns.error).where(
        columns.trigger != Trigger.TEST.value
    )
