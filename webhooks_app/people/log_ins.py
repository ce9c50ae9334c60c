"""Failed log-ins, and log-ins that wait for the second factor."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Engine, Table, select
from sqlalchemy.orm import Session

from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import FailedLogIn, Membership, Organisation, User
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Part
from webhooks_app.organisations.audit_log import Actor, Target, act_as, record
from webhooks_app.people.alarms import fingerprint
from webhooks_app.people.sessions import described

FAILED = cast(Table, FailedLogIn.__table__)
KEPT_FOR = timedelta(days=90)
SHOWN = 5


def failed(session: Session, email: str, ip: str, agent: str, wrong: str = "password") -> None:
    """Record a failed log-in as `email`, committed.

    For an unknown e-mail the same rows are written as for a member of one organisation, and the
    audit entry is rolled back, so that the response time reveals nothing.
    """
    user = session.scalar(select(User).where(User.email == email.strip().lower()))
    session.add(
        FailedLogIn(
            id=new_id("fli"),
            user_id=user.id if user else None,
            **described(ip, agent),
            created_at=utcnow(),
        )
    )
    act_as(Actor.visitor(email))
    with session.begin_nested() as entries:
        _record(session, user, email, wrong)
        session.flush()
        if user is None:
            entries.rollback()
    session.commit()


def _record(session: Session, user: User | None, email: str, wrong: str) -> None:
    """Write the entry in each organisation of the user. Without a user, write and undo one."""
    user_id = user.id if user else ""
    mine = select(Membership.organisation_id).where(Membership.user_id == user_id)
    theirs, stand_in = session.scalars(mine).all(), session.scalar(select(Organisation.id).limit(1))
    for organisation_id in theirs or ([stand_in] if stand_in and user is None else []):
        target = Target(organisation_id, user_id, user.email if user else email)
        record(session, "member.log_in_failed", target, wrong=wrong)


def recent_failures(session: Session, user: User) -> Sequence[FailedLogIn]:
    """The latest failed log-ins, newest first."""
    query = select(FailedLogIn).where(FailedLogIn.user_id == user.id)
    return session.scalars(query.order_by(FailedLogIn.created_at.desc()).limit(SHOWN)).all()


def waiting(session: Session, user_id: str, mark: str) -> User | None:
    """Who gave the right password a short while ago; None if it was changed since.

    `mark` is the fingerprint of that password.
    """
    user = session.get(User, user_id)
    return user if user is not None and fingerprint(user) == mark else None


def old(engine: Engine, now: datetime) -> Part:
    """Failed log-ins older than `KEPT_FOR`, for deleting."""
    over = FAILED.c.created_at < now - KEPT_FOR
    return part(engine, "failed log-ins", walk(FAILED, [FAILED.c.id], over=over))
