from contextlib import ExitStack

from webhooks_app.lib.room import Room


def places(room: Room, *organisations: str) -> list[bool]:
    """Which of them get a place, while all wait at once."""
    with ExitStack() as stack:
        return [stack.enter_context(room.place(one)) for one in organisations]


def test_one_organisation_gets_a_quarter_and_all_together_the_whole() -> None:
    room = Room(8)
    assert places(room, "a", "a", "a", "b") == [True, True, False, True]
    assert places(room, *"aabbccddee") == [True] * 8 + [False] * 2
    assert places(room, "a", "a", "a") == [True, True, False]


def test_each_organisation_gets_at_least_one_place() -> None:
    for size in (0, 1, 2, 3):
        room = Room(size)
        assert places(room, "a", "a") == [True, False]
        assert places(room, "b") == [True]


def test_one_without_a_place_gives_none_back() -> None:
    room = Room(1)
    with room.place("a"):
        assert places(room, "a", "b") == [False, False]
        assert places(room, "a") == [False]
