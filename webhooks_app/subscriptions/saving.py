"""The end of every change of a subscription: matching is told, what waits is cancelled, and new
addresses are asked whether they want mails."""

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
    if row.channel == ChannelName.EMAIL:
        mail.send_soon()


def ask_recipients(session: Session, row: Subscription) -> None:
    """Mail a link to each new address outside the organisation, with the change: see
    `people.recipients`. Raises `Invalid` when that is too many for today."""
    if row.channel != ChannelName.EMAIL:
        return
    try:
        with session.no_autoflush:
            recipients.ask_new(session, row.organisation_id, row.email_to, row.name)
    except DailyLimit as error:
        session.rollback()
        raise Invalid(Fault("#/email_to", str(error))) from error


def cancel_all(session: Session, row: Subscription) -> None:
    """What waits; when that is very much, what was changed until now is committed meanwhile."""
    while cancel_waiting(session.connection(), row.id):
        session.commit()
