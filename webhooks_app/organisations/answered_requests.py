"""Requests that are repeated with their key act once (the IETF's Idempotency-Key draft).

A request claims its key before it acts. Its first change and `acted` are committed together, so a
request that died is run again only if it changed nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    event,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from webhooks_app.database import upsert
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Unreadable, Vault
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import AnsweredRequest
from webhooks_app.operations.deleting import part, unlocked, walk
from webhooks_app.operations.slices import BEGINNING, Key, Part, Stepped

ANSWERED = cast(Table, AnsweredRequest.__table__)
KEPT = timedelta(hours=24)
SECRET_KEPT = timedelta(minutes=10)
# No request runs longer than this; one that claimed its key earlier has died.
LONGEST_RUN = timedelta(minutes=2)
KEY = (ANSWERED.c.organisation_id, ANSWERED.c.mode, ANSWERED.c.key)
CLAIM = "claim"


class OtherRequest(Exception):
    """The key was used for a different request."""


class StillRunning(Exception):
    """The first request with this key has no answer yet."""


class AnswerLost(Exception):
    """The first request with this key changed something, and its answer was not kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """This request is the one that acts for its key."""

    id: str
    tenant: Tenant
    key: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`secret` is what the answer shows only once; None if it is no longer kept."""

    status: int
    content: str
    secret: str | None


def claim_key(
    session: Session, tenant: Tenant, key: str, fingerprint: str, now: datetime, vault: Vault
) -> Claim | KeptAnswer:
    """Claim the key, committed, or find what was answered to the first request.

    Raises `OtherRequest`, `StillRunning` and `AnswerLost`.
    """
    mine = Claim(new_id("req"), tenant, key)
    begun = _begun(mine, fingerprint, now)
    made = upsert(session.connection(), AnsweredRequest).values(begun).on_conflict_do_nothing()
    if session.scalar(made.returning(AnsweredRequest.claim)) is None:
        known = _known(session, tenant, key)
        if known is None:  # it was deleted just now
            raise StillRunning
        if known.created_at > now - KEPT:
            answer = _answer_of(known, fingerprint, now, vault)
            if answer is not None:
                return answer
        again = update(AnsweredRequest).where(*_held_by(known.claim, tenant, key)).values(begun)
        if session.scalar(again.returning(AnsweredRequest.claim)) is None:
            raise StillRunning
    session.commit()
    session.info[CLAIM] = mine
    return mine


def keep_answer(session: Session, mine: Claim, answer: KeptAnswer, vault: Vault) -> None:
    """Committed."""
    kept = {
        "acted": True,
        "status": answer.status,
        "sealed_answer": vault.seal(answer.content),
        "sealed_secret": None if answer.secret is None else vault.seal(answer.secret),
    }
    _end(session)
    held = _held_by(mine.id, mine.tenant, mine.key)
    session.execute(update(AnsweredRequest).where(*held).values(kept))
    session.commit()


def release_key(session: Session, mine: Claim, *, refused: bool) -> None:
    """Let the key be used again, committed.

    For a request that was `refused`, or failed before it changed anything.
    """
    _end(session)
    gone = delete(AnsweredRequest).where(*_held_by(mine.id, mine.tenant, mine.key))
    session.execute(gone if refused else gone.where(~AnsweredRequest.acted))
    session.commit()


def old(engine: Engine, now: datetime) -> Part:
    """Answers that are no longer kept, for deleting."""
    oldest = walk(ANSWERED, [ANSWERED.c.created_at], ANSWERED.c.created_at < now - KEPT)

    def change(connection: Connection, _: Key, size: int) -> Stepped:
        rows, after = oldest(connection, BEGINNING, size)
        return Stepped(rows, None if after is None or not rows else BEGINNING)

    return part(engine, "answers", change)


def old_secrets(engine: Engine, now: datetime) -> Part:
    """Secrets that are no longer kept, to be forgotten."""
    is_old = ANSWERED.c.created_at < now - SECRET_KEPT, ANSWERED.c.sealed_secret.is_not(None)
    oldest = select(*KEY).where(*is_old).order_by(ANSWERED.c.created_at)

    def change(connection: Connection, _: Key, size: int) -> Stepped:
        these = unlocked(connection, oldest.limit(size))
        secrets = update(ANSWERED).where(tuple_(*KEY).in_(these)).values(sealed_secret=None)
        rows = connection.execute(secrets).rowcount
        return Stepped(rows, BEGINNING if rows == size else None)

    return part(engine, "secrets of answers", change)


@event.listens_for(db.session, "before_commit")
def _note_change(session: Session) -> None:
    """If a request was believed dead and its key claimed again, it must not commit any more."""
    mine: Claim | None = session.info.get(CLAIM)
    if mine is None or session.in_nested_transaction():
        return
    noted = update(AnsweredRequest).where(*_held_by(mine.id, mine.tenant, mine.key))
    noted = noted.values(acted=True).execution_options(synchronize_session=False)
    if session.scalar(noted.returning(AnsweredRequest.claim)) is None:
        raise Conflict("This request took too long, and was repeated in the meantime.")


def _begun(mine: Claim, fingerprint: str, now: datetime) -> dict[str, object]:
    return {
        "organisation_id": mine.tenant.organisation_id,
        "mode": mine.tenant.mode,
        "key": mine.key,
        "claim": mine.id,
        "fingerprint": fingerprint,
        "acted": False,
        "status": None,
        "sealed_answer": None,
        "sealed_secret": None,
        "created_at": now,
    }


def _known(session: Session, tenant: Tenant, key: str) -> AnsweredRequest | None:
    """The row, which no longer belongs to the session."""
    row = session.scalar(AnsweredRequest.of(tenant).where(AnsweredRequest.key == key))
    if row is not None:
        session.expunge(row)
    return row


def _held_by(claim: str, tenant: Tenant, key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        AnsweredRequest.in_tenant(tenant),
        AnsweredRequest.key == key,
        AnsweredRequest.claim == claim,
    )


def _answer_of(
    known: AnsweredRequest, fingerprint: str, now: datetime, vault: Vault
) -> KeptAnswer | None:
    """None if the first request died before it changed anything."""
    if known.fingerprint != fingerprint:
        raise OtherRequest
    if known.status is not None:
        return _opened(known, now, vault)
    if known.created_at > now - LONGEST_RUN:
        raise StillRunning
    if known.acted:
        raise AnswerLost
    return None


def _opened(known: AnsweredRequest, now: datetime, vault: Vault) -> KeptAnswer:
    assert known.status is not None
    sealed = known.sealed_secret if known.created_at > now - SECRET_KEPT else None
    try:
        secret = None if sealed is None else vault.open(sealed)
        return KeptAnswer(known.status, vault.open(known.sealed_answer or ""), secret)
    except Unreadable as error:
        raise AnswerLost from error


def _end(session: Session) -> None:
    """What was not committed is given up."""
    session.rollback()
    session.info.pop(CLAIM, None)
