"""The space of deleted rows, as a part for `slices`."""

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Engine

from webhooks_app.database import choose, space
from webhooks_app.operations.slices import BEGINNING, Key, Part, Stepped


def given_back(engine: Engine) -> Iterator[Part]:
    """Shrink the file of SQLite."""
    if choose(engine, postgresql=False, sqlite=True):
        yield Part("pages", partial(_give_back, engine))


def _give_back(engine: Engine, _after: Key, size: int) -> Stepped:
    given = space.give_back(engine, size)
    return Stepped(given.pages, BEGINNING if given.is_more else None)
