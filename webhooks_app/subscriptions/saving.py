"""The end of every change of a subscription: matching is told, what waits is cancelled."""

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webhooks_app.engine.switching_off import cancel_waiting, touch
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Subscription


def commit_change(session: Session, row: Subscription) -> None:
    """The subscription is locked before its deliveries, in the order the engine takes them.

    Raises `Conflict` when someone else changed it meanwhile.
    """
    row.updated_at = utcnow()
    try:
        session.flush()
    except StaleDataError as error:
        session.rollback()
        raise Conflict("Someone else changed this. Reload and try again.") from error
    touch(session.connection(), row.organisation_id)
    if row.deleted_at or not row.enabled:
        cancel_all(session, row)
    session.commit()


def cancel_all(session: Session, row: Subscription) -> None:
    """What waits; when that is very much, what was changed until now is committed meanwhile."""
    while cancel_waiting(session.connection(), row.id):
        session.commit()
