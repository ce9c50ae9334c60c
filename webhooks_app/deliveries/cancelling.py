"""Cancel one waiting delivery."""

from sqlalchemy import delete, func, literal, update
from sqlalchemy.orm import Session

from webhooks_app.deliveries.log import Logged
from webhooks_app.deliveries.send_again import target_of
from webhooks_app.engine.adoption import DELIVERIES, adopt
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Queued
from webhooks_app.organisations.audit_log import current_actor, record
from webhooks_app.vocabulary import OPEN, WAITING, DeliveryStatus

LONGEST_ERROR = 500


def cancel(session: Session, logged: Logged) -> None:
    """Cancel it, committed.

    Cancelling again changes nothing. Raises `Conflict` for one that is being sent right now, was
    delivered, or has failed.
    """
    delivery = logged.delivery
    adopt(session.connection(), DELIVERIES.c.id == delivery.id)
    waits = (Queued.delivery_id == delivery.id) & Queued.leased_until.is_(None)
    taken = session.scalar(
        delete(Queued)
        .where(waits)
        .returning(Queued.delivery_id)
        .execution_options(synchronize_session=False)
    )
    if taken is not None:
        _log_cancelled(session, logged)
    session.commit()
    session.refresh(delivery)
    if delivery.status in OPEN:
        raise Conflict("This delivery is being sent right now. Try again in a moment.")
    if delivery.status != DeliveryStatus.CANCELLED:
        raise Conflict("This delivery has ended, so there is nothing to cancel.")


def _log_cancelled(session: Session, logged: Logged) -> None:
    why = literal(f"Cancelled by {current_actor().name}.")
    last_error = func.coalesce(literal(" Last error: ") + Delivery.error, literal(""))
    cancelled = session.scalar(
        update(Delivery)
        .where(Delivery.id == logged.delivery.id, Delivery.status.in_(WAITING))
        .values(
            status=DeliveryStatus.CANCELLED.value,
            finished_at=utcnow(),
            error=func.substr(why + last_error, 1, LONGEST_ERROR),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if cancelled is not None:
        record(session, "delivery.cancelled", target_of(logged), to=logged.subscription_name)
