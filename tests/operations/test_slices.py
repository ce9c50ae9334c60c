"""Long work in slices: each continues where the last one stopped."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.operations.deleting import BYTES
from webhooks_app.operations.slices import (
    AIM,
    BEGINNING,
    LEAST,
    MOST,
    Key,
    Part,
    Position,
    Stepped,
    next_size,
    work,
)

ROOT = Path(__file__).parents[2]
COUNTS = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def part(name: str, steps: int, seen: list[tuple[str, int]]) -> Part:
    """A part of so many steps, which notes each of them."""

    def step(after: Key, _size: int) -> Stepped:
        number = int(after[0]) + 1 if after else 1
        seen.append((name, number))
        return Stepped(1, (str(number),) if number < steps else None)

    return Part("kind", step, name)


def over_after(steps: int) -> Callable[[], bool]:
    left = iter(range(steps - 1, -1, -1))
    return lambda: next(left) == 0


@given(COUNTS, st.integers(1, 5))
def test_slices_of_any_length_take_each_step_once_and_in_order(
    counts: list[int], length: int
) -> None:
    seen: list[tuple[str, int]] = []
    parts = [part(str(n), count, seen) for n, count in enumerate(counts)]
    position, rows = None, 0
    while True:
        done = work(parts, position, over_after(length))
        rows += done.rows["kind"]
        if done.next is None:
            break
        position = done.next
    assert seen == [(str(n), k + 1) for n, count in enumerate(counts) for k in range(count)]
    assert rows == sum(counts)


def test_a_slice_takes_a_step_even_without_time() -> None:
    done = work([part("a", 3, [])], None, lambda: True)
    assert done.next == Position("kind", "a", ("1",))


def test_work_begins_again_when_its_part_is_gone() -> None:
    """An organisation may have another plan by now."""
    seen: list[tuple[str, int]] = []
    work([part("a", 1, seen)], Position("kind", "b", ("7",)), lambda: False)
    assert seen == [("a", 1)]


def test_a_step_may_stay_at_the_beginning() -> None:
    """It found the same kind of rows again, and may find more."""
    left = [5, 5, 0]
    places: list[Key] = []

    def step(after: Key, _size: int) -> Stepped:
        places.append(after)
        rows = left.pop(0)
        return Stepped(rows, BEGINNING if rows else None)

    assert work([Part("kind", step)], None, lambda: False).rows == {"kind": 10}
    assert places == [BEGINNING] * 3


def test_a_step_is_bounded_as_the_documents_say() -> None:
    document = " ".join((ROOT / "docs" / "operating.md").read_text().split())
    assert f"a thousand rows or {BYTES // 1024**2} MB of data" in document
    assert MOST == 1000


def failing(name: str, seen: list[tuple[str, int]], succeeds: int) -> Part:
    """A part of three steps, of which only so many succeed in each slice."""
    left, steady = [succeeds], part(name, 3, seen)

    def step(after: Key, size: int) -> Stepped:
        if not left[0]:
            raise RuntimeError(f"{name} is broken")
        left[0] -= 1
        return steady.step(after, size)

    return Part("kind", step, name)


def test_a_part_that_fails_stops_no_other() -> None:
    seen: list[tuple[str, int]] = []
    parts = [part("a", 1, seen), failing("b", seen, 0), part("c", 2, seen)]
    done = work(parts, None, lambda: False)
    assert (seen, done.next) == ([("a", 1), ("c", 1), ("c", 2)], None)
    assert [(str(error), error.__notes__) for error in done.errors] == [
        ("b is broken", ["in kind b"])
    ]


def test_a_step_that_fails_is_tried_again_in_the_next_slice() -> None:
    """A deadlock, or a database that was away, costs neither the position nor an hour."""
    seen: list[tuple[str, int]] = []
    done = work([failing("a", seen, 2), part("b", 1, seen)], None, lambda: False)
    assert done.next == Position("kind", "a", ("2",))
    assert len(done.errors) == 1
    last = work([part("a", 3, seen), part("b", 1, seen)], done.next, lambda: False)
    assert (last.next, last.errors) == (None, [])
    assert seen == [("a", 1), ("a", 2), ("a", 3), ("b", 1)]


def test_a_step_takes_as_many_rows_as_it_has_time_for() -> None:
    assert next_size(500, AIM) == 500
    assert next_size(500, AIM * 2) == 250
    assert next_size(500, 0) == 1000
    assert next_size(MOST, 0) == MOST
    assert next_size(LEAST, 60) == LEAST
