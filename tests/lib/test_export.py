"""An export holds a place until it has ended, however it ends."""

from collections.abc import Iterable, Iterator

import pytest
from flask import Flask, Response

from webhooks_app.lib.errors import TooOften
from webhooks_app.lib.export import export
from webhooks_app.lib.room import Room

BATCHES = [b"a", b"b", b"c"]


@pytest.fixture
def room() -> Room:
    return Room(1)


def begun(room: Room, batches: Iterable[bytes] = BATCHES) -> Response:
    with Flask(__name__).app_context():
        return export(room, "one", batches, iter, "text/plain")


def is_free(room: Room) -> bool:
    with room.place("other") as had_one:
        return had_one


def test_it_frees_its_place_with_the_last_batch(room: Room) -> None:
    answer = begun(room)
    assert not is_free(room)
    assert answer.get_data() == b"abc"
    assert is_free(room)


@pytest.mark.parametrize("sent", [0, 1])
def test_a_client_that_leaves_frees_its_place(room: Room, sent: int) -> None:
    answer = begun(room)
    content = answer.iter_encoded()
    for _ in range(sent):
        next(content)
    answer.close()
    assert is_free(room)


def test_without_a_place_nothing_is_read(room: Room) -> None:
    def batches() -> Iterator[bytes]:
        raise AssertionError
        yield b""

    with room.place("one"), pytest.raises(TooOften) as told:
        begun(room, batches())
    assert told.value.seconds


def test_an_error_in_the_first_batch_is_raised_at_once_and_frees_the_place(room: Room) -> None:
    def batches() -> Iterator[bytes]:
        raise LookupError
        yield b""

    with pytest.raises(LookupError):
        begun(room, batches())
    assert is_free(room)


def test_of_nothing_it_is_empty(room: Room) -> None:
    assert begun(room, []).get_data() == b""
    assert is_free(room)
