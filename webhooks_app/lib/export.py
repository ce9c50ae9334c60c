"""Answers with everything that matches, sent while it is read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import TypeVar

from flask import Response

from webhooks_app.lib.errors import TooOften
from webhooks_app.lib.room import Room

NO_ROOM = (
    "Too many exports run at once. Try again when one has ended, or choose filters that match less."
)
SECONDS = 10

Batch = TypeVar("Batch")


def export(
    room: Room,
    organisation_id: str,
    batches: Iterable[Batch],
    written: Callable[[Iterator[Batch]], Iterator[bytes]],
    mimetype: str,
) -> Response:
    """It keeps its place in the room until the last batch is sent or the client has left.

    The first batch is read now, so that an error can still be answered. Raises `TooOften`.
    """
    with ExitStack() as stack:
        if not stack.enter_context(room.place(organisation_id)):
            raise TooOften(NO_ROOM, SECONDS)
        left = iter(batches)
        content = written(chain(list(islice(left, 1)), left))
        held = stack.pop_all()
    response = Response(_sent(content, held), mimetype=mimetype)
    response.call_on_close(held.close)
    return response


def _sent(content: Iterator[bytes], held: ExitStack) -> Iterator[bytes]:
    with held:
        yield from content
