"""Switch subscriptions off, and cancel the deliveries that still wait."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    SelectBase,
    Table,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from webhooks_app.database import choose, clock, upsert
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.engine.adoption import adopt_some
from webhooks_app.engine.expired_leases import WORKER_STOPPED, log_lost
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery, Event, Organisation, Queued, Subscription
from webhooks_app.models.columns import UtcDateTime
from webhooks_app.models.queued import HALVES
from webhooks_app.notices.dashboard_notices import NoticeOf, notify
from webhooks_app.organisations.audit_log import Target, record_automatic
from webhooks_app.vocabulary import WAITING, DeliveryStatus, SubscriptionKind

UNREADABLE = "Its settings can no longer be read. Edit and save it to use it again."
GONE_REASON = "The endpoint answered 410 Gone, so it wants no more requests."
LONGEST_ERROR = 500
BATCH = 1000
CANCELLED = "Cancelled: the "
DELETED, SWITCHED_OFF = " was deleted.", " was switched off"

ATTEMPTS = cast(Table, Attempt.__table__)
DELIVERIES = cast(Table, Delivery.__table__)
QUEUE = cast(Table, Queued.__table__)
ORGANISATIONS = cast(Table, Organisation.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)


def disable(connection: Connection, subscription_ids: Collection[str], reason: str) -> None:
    """Switch off those that are on, cancel what waits, and notify the members."""
    _disable(connection, SUBSCRIPTIONS.c.id.in_(sorted(subscription_ids)), reason)


def disable_gone(connection: Connection, subscription_id: str, revision: int, url: str) -> None:
    """Switch off what answered 410 at `url`.

    Not if it was edited since, or if `url` is a former URL: the current one has not answered 410.
    """
    columns = SUBSCRIPTIONS.c
    same = (columns.revision == revision) & (columns.url == url)
    _disable(connection, (columns.id == subscription_id) & same, GONE_REASON)


def _disable(connection: Connection, which: ColumnElement[bool], reason: str) -> None:
    now = clock(connection)
    subscriptions = SUBSCRIPTIONS.c
    rows = connection.execute(
        update(SUBSCRIPTIONS)
        .where(which, subscriptions.enabled)
        .values(
            enabled=False,
            disabled_reason=reason,
            disabled_at=now,
            paused_at=None,
            paused_until=None,
            updated_at=now,
            revision=subscriptions.revision + 1,
        )
        .returning(
            subscriptions.id,
            subscriptions.kind,
            subscriptions.name,
            subscriptions.organisation_id,
            subscriptions.mode,
        )
    ).all()
    for row in rows:
        target = Target(row.organisation_id, row.id, row.name, row.mode)
        record_automatic(connection, f"{row.kind}.disabled", target, reason=reason)
        touch(connection, row.organisation_id)
        cancel_waiting(connection, row.id)
        about = NoticeOf(row.organisation_id, row.mode, row.id)
        notify(connection, about, "endpoint_disabled", f"{row.name} was switched off", reason, now)


def touch(connection: Connection, organisation_id: str) -> None:
    """Record that a subscription of the organisation changed, so matching reloads."""
    organisations = ORGANISATIONS.c
    connection.execute(
        update(ORGANISATIONS)
        .where(organisations.id == organisation_id)
        .values(subscriptions_version=organisations.subscriptions_version + 1)
    )


def cancel_waiting(connection: Connection, subscription_id: str) -> bool:
    """Cancel what waits for a subscription, at most `BATCH`; True if there may be more.

    What is being sent right now may end.
    """
    return cancel_of(connection, QUEUE.c.subscription_id == subscription_id) == BATCH


def wait_again(connection: Connection, about: NoticeOf, since: datetime, until: datetime) -> bool:
    """Undo what `cancel_waiting` cancelled then, at most `BATCH`; True if there may be more.

    It is due now, under the same ids, with the error of the last attempt. What was cancelled for
    another reason stays so, and what belongs to an erased event. The events are locked, so that
    none is erased meanwhile.
    """
    deliveries, attempts = DELIVERIES.c, ATTEMPTS.c
    cancelled = (
        select(deliveries.id)
        .join(Event, Event.id == deliveries.event_id)
        .where(
            Event.erased_at.is_(None),
            Delivery.in_tenant(Tenant(about.organisation_id, about.mode)),
            deliveries.undelivered == DeliveryStatus.CANCELLED.value,
            deliveries.subscription_id == about.subscription_id,
            deliveries.finished_at.between(since, until),
            _is_ended_subscription(deliveries.error),
        )
        .limit(BATCH)
        .with_for_update(read=True, of=Event)
    )
    last_error = (
        select(attempts.error)
        .where(attempts.delivery_id == deliveries.id)
        .order_by(attempts.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    waiting = case(
        (deliveries.tries > 0, DeliveryStatus.RETRYING.value), else_=DeliveryStatus.PENDING.value
    )
    force_index_scans(connection)
    ids = connection.scalars(cancelled).all()
    again = (
        connection.execute(
            update(DELIVERIES)
            .where(deliveries.id.in_(ids), deliveries.status == DeliveryStatus.CANCELLED.value)
            .values(status=waiting, finished_at=None, error=last_error)
            .returning(
                deliveries.id.label("delivery_id"), deliveries.subscription_id, deliveries.tries
            )
        )
        .mappings()
        .all()
    )
    now = clock(connection)
    if again:
        store = upsert(connection, QUEUE)
        values = {"due_at": now, "delayed": False, "leased_until": None, "claimed_by": None}
        # A version before the queue leaves its row when it cancels.
        store = store.on_conflict_do_update(index_elements=["delivery_id"], set_=values)
        connection.execute(store, [{**row, **values} for row in again])
    return bool(ids)


def cancel_unserved(connection: Connection, delivery_ids: Collection[str]) -> None:
    """Cancel those of these whose subscription has been switched off or deleted."""
    queue = QUEUE.c
    cancel(connection, queue.delivery_id.in_(delivery_ids), queue.subscription_id.in_(_unserved()))


def cancel_left_over(connection: Connection) -> bool:
    """Like `cancel_waiting`, for every subscription that is off: a periodic safety net."""
    # By their ids, so that the index finds these, however much waits for other subscriptions.
    unserved = connection.scalars(_unserved()).all()
    return any(
        cancel_of(connection, QUEUE.c.subscription_id.in_(unserved[start : start + BATCH])) == BATCH
        for start in range(0, len(unserved), BATCH)
    )


def release_expired(connection: Connection, now: datetime) -> None:
    """Cancel what a dead worker was sending for a subscription that is now off."""
    adopt_some(connection)
    expired = QUEUE.c.subscription_id.in_(_unserved()), QUEUE.c.leased_until <= now
    end_tries(connection, *expired, why=None, lost=WORKER_STOPPED)


def end_tries(
    connection: Connection, *conditions: ColumnElement[bool], why: str | None, lost: str
) -> int:
    """Cancel what is being sent; the tries are logged as lost; how many. `why` as for `cancel`.

    An engine of an older version may have ended a delivery meanwhile: that stays.
    """
    force_index_scans(connection)
    queue, deliveries = QUEUE.c, DELIVERIES.c
    tries = delete(QUEUE).where(*conditions, queue.leased_until.is_not(None))
    taken = tries.returning(queue.delivery_id)
    ids = [id_ for half in HALVES for id_ in connection.scalars(taken.where(half))]
    ended = connection.execute(
        update(DELIVERIES)
        .where(deliveries.id.in_(ids), deliveries.status == DeliveryStatus.SENDING.value)
        .values(_cancelled(connection, why))
        .returning(deliveries.id, deliveries.tries)
    ).all()
    log_lost(connection, [(row.id, row.tries) for row in ended], lost)
    return len(ended)


def _unserved() -> Any:
    subscriptions = SUBSCRIPTIONS.c
    return select(subscriptions.id).where(
        or_(~subscriptions.enabled, subscriptions.deleted_at.is_not(None))
    )


def cancel(connection: Connection, *conditions: ColumnElement[bool], why: str | None = None) -> int:
    """Cancel at most `BATCH` waiting deliveries, so that a million rows block nobody; how many.

    The conditions are on the queue. `why` is the error text. Without it that says how their
    subscription ended.
    """
    waiting = select(QUEUE.c.delivery_id).where(*conditions, QUEUE.c.leased_until.is_(None))
    return _cancel(connection, waiting.limit(BATCH), why)


def cancel_of(
    connection: Connection, *conditions: ColumnElement[bool], why: str | None = None
) -> int:
    """`cancel` for conditions on subscriptions: the indexes of the queue find these."""
    adopt_some(connection)
    of_it = select(QUEUE.c.delivery_id).where(*conditions, QUEUE.c.leased_until.is_(None))
    waiting = (of_it.where(half) for half in HALVES)
    force_index_scans(connection)
    return _cancel(connection, union_all(*waiting).limit(BATCH), why)


def _cancel(connection: Connection, these: SelectBase, why: str | None) -> int:
    queue, deliveries = QUEUE.c, DELIVERIES.c
    # A claim may have leased one since: the row is looked at again once it is locked.
    taken = delete(QUEUE).where(
        queue.delivery_id.in_(these.scalar_subquery()), queue.leased_until.is_(None)
    )
    ids = connection.scalars(taken.returning(queue.delivery_id)).all()
    if ids:
        mine = deliveries.id.in_(ids), deliveries.status.in_(WAITING)
        connection.execute(update(DELIVERIES).where(*mine).values(_cancelled(connection, why)))
    return len(ids)


def _cancelled(connection: Connection, why: str | None) -> dict[str, Any]:
    return {
        "status": DeliveryStatus.CANCELLED.value,
        "finished_at": choose(
            connection, postgresql=func.clock_timestamp(), sqlite=literal(utcnow(), UtcDateTime)
        ),
        "error": _why() if why is None else why,
    }


def _is_ended_subscription(error: ColumnElement[object]) -> ColumnElement[bool]:
    """Whether `_why` is the reason."""
    return or_(
        *(
            error.startswith(f"{CANCELLED}{kind.value}{how}", autoescape=True)
            for kind in SubscriptionKind
            for how in (DELETED, SWITCHED_OFF)
        )
    )


def _why() -> ColumnElement[str]:
    """The error text of a cancelled delivery: how its subscription ended, and its last error."""
    subscriptions, last_error = SUBSCRIPTIONS.c, DELIVERIES.c.error
    how = case(
        (subscriptions.deleted_at.is_not(None), literal(DELETED)),
        (
            subscriptions.disabled_reason.is_not(None),
            literal(f"{SWITCHED_OFF}. ") + subscriptions.disabled_reason,
        ),
        (
            subscriptions.disabled_by.is_not(None),
            literal(f"{SWITCHED_OFF} by ") + subscriptions.disabled_by + literal("."),
        ),
        else_=literal(f"{SWITCHED_OFF}."),
    )
    ended = (
        select(literal(CANCELLED) + subscriptions.kind + how)
        .where(subscriptions.id == DELIVERIES.c.subscription_id)
        .scalar_subquery()
    )
    told = func.coalesce(literal(" Last error: ") + last_error, literal(""))
    return func.substr(ended + told, 1, LONGEST_ERROR)
