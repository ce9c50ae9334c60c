"""Send waiting mails, claimed one at a time with a lease, so that several workers can do it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import structlog
from sqlalchemy import Engine, Row, Table, select, update

from webhooks_app.channels.email.mime import Email
from webhooks_app.channels.email.smtp import Server
from webhooks_app.channels.email.transport import MailTransport
from webhooks_app.channels.email.unsent import Unsent
from webhooks_app.lib.ids import floor_id
from webhooks_app.models import Mail
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Part

STEPS = 10  # steps of sending a mail, each of which may time out
BUDGET = timedelta(minutes=5)
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
LONGEST_ERROR = 500

MAILS = cast(Table, Mail.__table__)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailQueue:
    server: Server
    sender: str

    @property
    def lease(self) -> timedelta:
        """How long a lease lasts; after that, another worker tries the mail."""
        return timedelta(minutes=1, seconds=STEPS * self.server.timeout)


def send_due(database: Engine, post: MailQueue, clock: Callable[[], datetime]) -> int:
    """Send what is due, each mail with `DELAYS` between its tries. Returns how many were sent.

    After `BUDGET` it leaves the rest to the next job, before RQ ends this one in the middle of a
    mail. It also stops when the server is in trouble, since the rest would fail too.
    """
    sent, until, transport = 0, clock() + BUDGET, MailTransport(post.server)
    while clock() < until and (mail := _claim(database, clock(), post.lease)) is not None:
        try:
            transport.send(_letter(post, mail), transport.now())
        except Unsent as error:
            _keep_failure(database, mail, error, clock())
            if error.away:
                break
        else:
            _settle(database, mail, status="sent", sent_at=clock(), error=None)
            sent += 1
    transport.hang_up()
    return sent


def old_mails(database: Engine, before: datetime) -> Part:
    """Mails written before that time, except waiting ones, for deleting."""
    is_older = MAILS.c.id < floor_id("mai", before.timestamp())
    return part(
        database, "mails", walk(MAILS, [MAILS.c.id], is_older, over=MAILS.c.due_at.is_(None))
    )


def _claim(database: Engine, now: datetime, lease: timedelta) -> Row[tuple[object, ...]] | None:
    """A due mail, leased: others get it only after the lease runs out."""
    due = (
        select(MAILS.c.id)
        .where(MAILS.c.due_at <= now)
        .order_by(MAILS.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    with database.begin() as connection:
        return connection.execute(
            update(MAILS)
            .where(MAILS.c.id == due)
            .values(due_at=now + lease, tries=MAILS.c.tries + 1)
            .returning(*MAILS.c)
        ).first()


def _letter(post: MailQueue, mail: Row[tuple[object, ...]]) -> Email:
    return Email(
        id=mail.id,
        sender=post.sender,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        written_at=mail.created_at,
    )


def _keep_failure(
    database: Engine, mail: Row[tuple[object, ...]], error: Unsent, now: datetime
) -> None:
    reason = str(error)[:LONGEST_ERROR]
    log.warning("mail not sent", mail=mail.id, tries=mail.tries, reason=reason)
    if error.permanent or mail.tries > len(DELAYS):
        _settle(database, mail, status="failed", error=reason)
        return
    with database.begin() as connection:
        connection.execute(
            update(MAILS)
            .where(MAILS.c.id == mail.id, MAILS.c.tries == mail.tries)
            .values(due_at=now + DELAYS[mail.tries - 1], error=reason)
        )


def _settle(database: Engine, mail: Row[tuple[object, ...]], **values: object) -> None:
    with database.begin() as connection:
        connection.execute(
            update(MAILS)
            .where(MAILS.c.id == mail.id)
            .values(due_at=None, text="", html="", **values)
        )
