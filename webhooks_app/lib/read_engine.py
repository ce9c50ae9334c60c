"""Which engine the queries of the current request read from, if it is not the usual one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine

_reads_from: ContextVar[Engine | None] = ContextVar("reads_from", default=None)


def read_engine() -> Engine | None:
    return _reads_from.get()


@contextmanager
def reading_from(engine: Engine) -> Iterator[None]:
    """Inside this block, sessions read from `engine`. They write where they always do."""
    token = _reads_from.set(engine)
    try:
        yield
    finally:
        _reads_from.reset(token)
