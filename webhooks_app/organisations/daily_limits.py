"""Daily limits for what reaches people outside an organisation by mail."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webhooks_app.database import clock, upsert
from webhooks_app.lib.errors import DailyLimit
from webhooks_app.models import DailyCount
from webhooks_app.parts import parts

# The setting of each limit, and its name in a sentence.
NEW_ADDRESSES, MAIL_TESTS = "new_addresses", "mail_tests"
NOUNS = {
    NEW_ADDRESSES: "confirmation mails to addresses outside your organisation",
    MAIL_TESTS: "tests of actions by e-mail",
}
KEPT = timedelta(days=2)


def spend(session: Session, organisation_id: str, what: str, cost: int = 1) -> None:
    """Count `cost` in the caller's transaction: all or nothing.

    Raises `DailyLimit` with a sentence for a person.
    """
    most: int = getattr(parts().settings, f"{what}_per_day")
    if cost > most or not _count(session, organisation_id, what, cost, most):
        raise DailyLimit(
            f"An organisation has {most} {NOUNS[what]} a day, and none are left today. Try again "
            "after midnight UTC, or ask the operator for more."
        )


def delete_old(session: Session, now: datetime) -> None:
    """Committed."""
    session.execute(delete(DailyCount).where(DailyCount.day < now.date() - KEPT))
    session.commit()


def _count(session: Session, organisation_id: str, what: str, cost: int, most: int) -> bool:
    connection = session.connection()
    first = upsert(connection, DailyCount).values(
        organisation_id=organisation_id, what=what, day=clock(connection).date(), used=cost
    )
    counted = first.on_conflict_do_update(
        index_elements=["organisation_id", "what", "day"],
        set_={"used": DailyCount.used + cost},
        where=DailyCount.used + cost <= most,
    ).returning(DailyCount.used)
    return session.scalar(counted) is not None
