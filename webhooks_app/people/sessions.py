"""Log-ins: who a request comes from, and their browsers."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, Engine, Table, select, update
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from webhooks_app.database import unless_busy, writing
from webhooks_app.lib.errors import DATABASE_AWAY, NotFound
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow, when
from webhooks_app.mail import service as mail
from webhooks_app.models import User, UserSession
from webhooks_app.operations.deleting import part, walk
from webhooks_app.operations.slices import Part
from webhooks_app.organisations import audit_log
from webhooks_app.organisations.audit_log import record_in_all
from webhooks_app.people import alarms
from webhooks_app.people.enrolment import has_second_factor, needs_second_factor

# Checked when no user has that e-mail, so that the response time reveals nothing. A hash in
# werkzeug's form that matches no password.
NOBODY = f"scrypt:32768:8:1$nobody${'0' * 128}"
SEEN_EVERY = timedelta(minutes=1)
SESSIONS = cast(Table, UserSession.__table__)
FORGOTTEN_AFTER = timedelta(days=30)
# Even if it is in use: a stolen cookie must not work forever.
ENDS_AFTER = timedelta(days=90)
FRESH_FOR = timedelta(minutes=15)
REMEMBERED_FOR = timedelta(days=90)
LONGEST_AGENT = 200
LONGEST_IP = 45


class Visitor(NamedTuple):
    user: User
    session: UserSession
    has_second_factor: bool
    needs_second_factor: bool

    @property
    def must_enrol(self) -> bool:
        """Without the factor that an organisation requires, nothing else is available."""
        return self.needs_second_factor and not self.has_second_factor

    @property
    def unseen(self) -> bool:
        """Whether `note_seen` is due."""
        return utcnow() - self.session.last_seen_at > SEEN_EVERY

    @property
    def is_fresh(self) -> bool:
        """Whether the person proved who they are a short while ago."""
        proven = self.session.authenticated_at or self.session.created_at
        return utcnow() - proven < FRESH_FOR


def find_user(session: Session, email: str, password: str) -> User | None:
    """The user with that e-mail (in any case) and password, or None.

    Hashing is slow by design, so no transaction is open during it.
    """
    named = select(User.id, User.password_hash).where(User.email == email.strip().lower())
    row = session.execute(named).first()
    session.rollback()
    fits = check_password_hash(row.password_hash if row else NOBODY, password)
    return session.get(User, row.id) if row and fits else None


def start(session: Session, user: User, ip: str, agent: str) -> UserSession:
    """A session for a browser that has just logged in, committed.

    The user gets a mail if the browser or its address is new.
    """
    now = utcnow()
    before = session.execute(
        select(UserSession.ip, UserSession.user_agent).where(UserSession.user_id == user.id)
    ).all()
    row = UserSession(
        id=new_id("ses"),
        user_id=user.id,
        **described(ip, agent),
        created_at=now,
        last_seen_at=now,
        authenticated_at=now,
    )
    session.add(row)
    audit_log.act_as(audit_log.Actor.person(user))
    record_in_all(session, user, "member.logged_in")
    seen = {(ip, _without_version(agent)) for ip, agent in before}
    is_new = bool(before) and (row.ip, _without_version(row.user_agent)) not in seen
    if is_new:
        _tell_of(session, user, row)
    session.commit()
    if is_new:
        mail.send_soon()
    return row


def described(ip: str, agent: str) -> dict[str, str]:
    """The browser's name as it is stored, without characters that no page could show."""
    printable = "".join(filter(str.isprintable, agent))
    return {"ip": ip[:LONGEST_IP], "user_agent": printable[:LONGEST_AGENT]}


def prove(session: Session, row: UserSession) -> None:
    """Record that the person has just proved who they are; committed.

    The session gets a new id, so that copies of its cookie stop working.
    """
    row.id = new_id("ses")
    row.authenticated_at = utcnow()
    session.commit()


def find(session: Session, user_id: str, session_id: str) -> Visitor | None:
    """The session; None if revoked, unseen for `FORGOTTEN_AFTER`, or older than `ENDS_AFTER`."""
    row = session.execute(
        select(User, UserSession, has_second_factor(User.id), needs_second_factor(User.id))
        .join(UserSession, UserSession.user_id == User.id)
        .where(User.id == user_id, UserSession.id == session_id, *_live())
    ).first()
    return Visitor(*row) if row else None


def note_seen(database: Engine, session_id: str, ip: str) -> None:
    """Record when and from where a session was last seen.

    Skipped while someone else writes to SQLite: the next request can do it.
    """
    now = utcnow()
    seen = update(UserSession).where(
        UserSession.id == session_id, UserSession.last_seen_at < now - SEEN_EVERY
    )
    with suppress(*DATABASE_AWAY), unless_busy(database) as connection:
        connection.execute(seen.values(last_seen_at=now, last_ip=ip[:LONGEST_IP]))


def keep_secret(session: Session, row: UserSession, sealed: str) -> None:
    """Store an encrypted secret for the next page of that session, committed."""
    row.shown_once = sealed
    session.commit()


def take_secret(database: Engine, row: UserSession) -> bool:
    """Delete the secret of `row`, committed; of two who try at once, only one succeeds."""
    mine = (UserSession.id == row.id, UserSession.shown_once == row.shown_once)
    with writing(database) as connection:
        taken = connection.execute(update(UserSession).where(*mine).values(shown_once=None))
    return taken.rowcount == 1


def sessions_of(session: Session, user: User) -> Sequence[UserSession]:
    """Logged-in browsers, the last seen first."""
    query = select(UserSession).where(UserSession.user_id == user.id, *_live())
    return session.scalars(query.order_by(UserSession.last_seen_at.desc())).all()


def revoke(session: Session, user: User, session_id: str) -> None:
    """Log one browser out, committed. Raises `NotFound`, also for another user's session."""
    row = session.get(UserSession, session_id)
    if row is None or row.user_id != user.id:
        raise NotFound
    row.revoked_at = row.revoked_at or utcnow()
    audit_log.act_as(audit_log.Actor.person(user))
    record_in_all(session, user, "member.logged_out")
    session.commit()


def revoke_others(session: Session, user: User, kept_id: str) -> None:
    """Log all other browsers out, committed."""
    end_all(session, user.id, but=kept_id)
    record_in_all(session, user, "member.sessions_ended")
    session.commit()


def end_all(session: Session, user_id: str, but: str = "") -> None:
    """Log all browsers of a user out, in the caller's transaction."""
    session.execute(
        update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.id != but,
            UserSession.revoked_at.is_(None),
        )
        .values(revoked_at=utcnow())
    )


def ended(engine: Engine, now: datetime) -> Part:
    """Ended sessions, for deleting.

    Each is kept for `REMEMBERED_FOR`, so that a returning browser does not count as new.
    """
    over = SESSIONS.c.last_seen_at < now - REMEMBERED_FOR
    return part(engine, "sessions", walk(SESSIONS, [SESSIONS.c.id], over=over))


def _tell_of(session: Session, user: User, row: UserSession) -> None:
    alarms.tell(
        session,
        user,
        "new_device",
        browser=row.user_agent or "An unknown program",
        ip=row.ip or "unknown",
        when=when(row.created_at, UTC),
        link=mail.link("/account/"),
    )


def _without_version(agent: str) -> str:
    """Compare browsers without versions: an updated browser is the same one."""
    return re.sub(r"[\d._]+", "", agent)


def _live() -> tuple[ColumnElement[bool], ...]:
    now = utcnow()
    return (
        UserSession.revoked_at.is_(None),
        UserSession.last_seen_at > now - FORGOTTEN_AFTER,
        UserSession.created_at > now - ENDS_AFTER,
    )
