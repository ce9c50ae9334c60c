"""The errors that services raise, which pages and the API turn into answers."""

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from structlog.stdlib import BoundLogger

# What SQLAlchemy raises while the database does not respond, is locked or has no free connection.
DATABASE_AWAY = (OperationalError, InterfaceError, NoFreeConnection)

# A statement that waited for a lock, or worked, for longer than it may.
TOOK_TOO_LONG = ("55P03", "57014")

# What SQLAlchemy raises for values that the database refuses, mostly NUL characters.
UNSTORABLE = DataError


def reason_of(error: BaseException) -> str:
    """Why the database or Redis refused, in one line without stored values.

    The driver quotes values in errors about data, so for those only the kind is given.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    quotes = isinstance(error, DataError) or str(code).startswith(("22", "23"))
    lines = str(cause).strip().splitlines()
    text = type(cause).__name__ if quotes or not lines else lines[0]
    return f"{code}: {text}" if code else text


def why_away(error: BaseException) -> str:
    """What one of `DATABASE_AWAY` means to whoever asked."""
    code = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    if code in TOOK_TOO_LONG:
        return "The database took too long."
    return "The database does not respond."


def log_failure(log: BoundLogger, event: str, error: Exception) -> None:
    """Log why a step failed that is tried again: one line for the database, else a traceback."""
    if isinstance(error, SQLAlchemyError):
        log.warning(event, reason=reason_of(error))
    else:
        log.error(event, exc_info=error)


class NotFound(Exception):
    """No such row in this organisation and mode. Rows of others are not mentioned."""


class Conflict(Exception):
    """It cannot be done in the current state; the message says what would help."""


class Busy(Exception):
    """Too much costly work of this organisation is already waiting. Try again soon."""


class PlanLimit(Exception):
    """The organisation's plan does not allow it; the message says which plan does."""


class DailyLimit(Exception):
    """The organisation did it too often today; the message says when it is possible again."""


class TooOften(Exception):
    """The organisation did it too often; the message says so, and in how many `seconds` to try."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class BadAccount(Exception):
    """A value for an account is not valid; the message is one sentence for a person."""
