"""Answer a request from the replica, where that is as good."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from werkzeug.exceptions import NotFound as NoSuchPage

from webhooks_app.extensions import db
from webhooks_app.lib.errors import UNSTORABLE, NotFound, reason_of
from webhooks_app.lib.metrics import READS
from webhooks_app.lib.read_engine import reading_from
from webhooks_app.parts import parts

SAFE_METHODS = ("GET", "HEAD")

Answer = TypeVar("Answer")


def answered(who: str, answer: Callable[[], Answer]) -> Answer:
    """What `answer` returns, which only reads: from the replica, if `who` has not just written.

    If the replica fails, or does not have the row yet, `answer` is called again on the primary.
    """
    made = parts()
    if made.replica is None:
        return answer()
    if made.replica.is_close and not made.writes.is_recent(who):
        try:
            with reading_from(made.replica.engine):
                found = answer()
            READS.labels("replica").inc()
            return found
        except (NotFound, NoSuchPage):
            pass
        except UNSTORABLE:
            raise
        except NoFreeConnection:  # of either; if of the replica, the next look sees it too
            pass
        except DBAPIError as error:
            if made.replica.has_raised(error):
                made.replica.leave(reason_of(error))
        db.session.rollback()
    READS.labels("primary").inc()
    return answer()
