"""Cancel one waiting delivery."""

from sqlalchemy import func, literal, update
from sqlalchemy.orm import Session

from webhooks_app.deliveries.log import Logged
from webhooks_app.deliveries.send_again import target_of
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery
from webhooks_app.organisations.audit_log import current_actor, record
from webhooks_app.vocabulary import WAITING, DeliveryStatus

LONGEST_ERROR = 500


def cancel(session: Session, logged: Logged) -> None:
    """Cancel it, committed.

    Cancelling again changes nothing. Raises `Conflict` for one that is being sent right now, was
    delivered, or has failed.
    """
    delivery = logged.delivery
    why = literal(f"Cancelled by {current_actor().name}.")
    last_error = func.coalesce(literal(" Last error: ") + Delivery.error, literal(""))
    cancelled = session.scalar(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.status.in_(WAITING))
        .values(
            status=DeliveryStatus.CANCELLED.value,
            due_at=None,
            finished_at=utcnow(),
            error=func.substr(why + last_error, 1, LONGEST_ERROR),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if cancelled is not None:
        record(session, "delivery.cancelled", target_of(logged), to=logged.subscription_name)
    session.commit()
    session.refresh(delivery)
    if delivery.status == DeliveryStatus.SENDING:
        raise Conflict("This delivery is being sent right now. Try again in a moment.")
    if delivery.status != DeliveryStatus.CANCELLED:
        raise Conflict("This delivery has ended, so there is nothing to cancel.")
