"""How services say no, in words that every door can translate."""

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

# What SQLAlchemy raises while the database does not answer, is locked or has no connection left.
DATABASE_AWAY = (OperationalError, InterfaceError, NoFreeConnection)


# What the database refuses to store, or to look for: NUL characters, most of all.
UNSTORABLE = DataError


def reason_of(error: BaseException) -> str:
    """Why the database, or Redis, refused: in one line, without anything that is stored there.

    The driver quotes values in what it says of data, so of that only the kind is told.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    quotes = isinstance(error, DataError) or str(code).startswith(("22", "23"))
    lines = str(cause).strip().splitlines()
    text = type(cause).__name__ if quotes or not lines else lines[0]
    return f"{code}: {text}" if code else text


class NotFound(Exception):
    """No such row in this organisation and mode; of others nothing is said."""


class Conflict(Exception):
    """It cannot be done as things are now; the message says what would help."""


class Busy(Exception):
    """Too much costly work of this organisation waits already. Trying again soon helps."""


class PlanLimit(Exception):
    """The organisation's plan has no room for it; the message says so, and which plan has."""


class DailyLimit(Exception):
    """The organisation did it too often today; the message says when it may do it again."""


class BadAccount(Exception):
    """What was asked for cannot be; the message is one sentence for a person."""
