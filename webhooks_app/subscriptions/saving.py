"""The end of every change of a subscription.

Matching reloads, waiting deliveries are cancelled, and new addresses are asked whether they want
mails.
"""

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from webhooks_app.engine.switching_off import cancel_waiting, touch
from webhooks_app.lib.errors import Conflict, DailyLimit
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import utcnow
from webhooks_app.mail import service as mail
from webhooks_app.models import Subscription
from webhooks_app.people import recipients
from webhooks_app.vocabulary import ChannelName


def commit_change(session: Session, row: Subscription) -> None:
    """Flush the change. Raises `Conflict` if someone else changed it in the meantime.

    The subscription is locked before its deliveries, as the engine does.
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
    if row.channel == ChannelName.EMAIL:
        mail.send_soon()


def ask_recipients(session: Session, row: Subscription) -> None:
    """Mail a link to each new address outside the organisation, see `people.recipients`.

    In the change's transaction. Raises `Invalid` if these are too many for today.
    """
    if row.channel != ChannelName.EMAIL:
        return
    try:
        with session.no_autoflush:
            recipients.ask_new(session, row.organisation_id, row.email_to, row.name)
    except DailyLimit as error:
        session.rollback()
        raise Invalid(Fault("#/email_to", str(error))) from error


def cancel_all(session: Session, row: Subscription) -> None:
    """Cancel what waits. If that is very much, earlier changes are committed in between."""
    while cancel_waiting(session.connection(), row.id):
        session.commit()
