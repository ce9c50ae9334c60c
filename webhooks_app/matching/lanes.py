"""Costly work of an organisation runs one piece at a time, so that it uses few threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from webhooks_app.lib.errors import Busy

MOST_WAITING = 3
PATIENCE = 10.0


class _Lane:
    def __init__(self) -> None:
        self.turn = Lock()
        self.users = 0


_lanes: dict[str, _Lane] = {}
_entry = Lock()


@contextmanager
def lane(organisation_id: str) -> Iterator[None]:
    """Wait for that organisation's turn in this process. Raises `Busy`."""
    with _entry:
        mine = _lanes.setdefault(organisation_id, _Lane())
        if mine.users > MOST_WAITING:
            raise Busy
        mine.users += 1
    try:
        if not mine.turn.acquire(timeout=PATIENCE):
            raise Busy
        try:
            yield
        finally:
            mine.turn.release()
    finally:
        with _entry:
            mine.users -= 1
            if not mine.users:
                _lanes.pop(organisation_id, None)


def users(organisation_id: str) -> int:
    """How many threads work or wait for that organisation."""
    mine = _lanes.get(organisation_id)
    return mine.users if mine else 0
