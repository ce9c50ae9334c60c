"""Long work in short slices, so that other jobs of the same worker get their turn in between.

The parts of the work come one after the other, each in steps. A slice takes steps until it is
over, and the next one continues where it stopped.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from time import perf_counter, sleep
from typing import NamedTuple

# A step takes as many rows as fit into about `AIM` seconds: on SQLite, all writers wait for it.
# `MOST` is a bound for rows that take longer than those before, such as many of 32 kB.
AIM = 0.1
FIRST, LEAST, MOST = 100, 20, 1000

# The key of the last row that was looked at; empty at the beginning.
Key = tuple[str, ...]
BEGINNING: Key = ()


class Stepped(NamedTuple):
    """How many rows a step changed, and after which key the next one begins; None at the end."""

    rows: int
    after: Key | None


class Part(NamedTuple):
    """`step` is one short transaction, which looks at about so many rows after that key.

    `of` tells parts of one kind apart.
    """

    kind: str
    step: Callable[[Key, int], Stepped]
    of: str = ""


class Position(NamedTuple):
    """Where the next slice begins."""

    kind: str
    of: str
    after: Key


class Slice(NamedTuple):
    """What a slice did.

    `rows` are those it changed, by the kind of part. `next` is None once all parts have ended.
    `longest` is the longest step in seconds. `errors` are those of steps that failed.
    """

    rows: Counter[str]
    next: Position | None
    longest: float
    errors: Sequence[Exception] = ()


def work(
    parts: Sequence[Part], since: Position | None, is_over: Callable[[], bool], rest: float = 0.0
) -> Slice:
    """Take steps from `since` on, at least one, until all parts have ended or `is_over`.

    After each step it rests for as long as that took, but at most `rest` seconds.

    If a step fails, the slice ends, and the next one tries it again, since the cause may have
    passed. If it is the first step of the slice in its part, that part is left out instead, so that
    it cannot stop the others.
    """
    waiting, after = _from(parts, since)
    size, rows, longest = FIRST, Counter[str](), 0.0
    errors, has_stepped = list[Exception](), False
    while waiting:
        began = perf_counter()
        last: Key | None = None
        try:
            changed, last = waiting[0].step(after, size)
            rows[waiting[0].kind] += changed
        except Exception as error:
            error.add_note(f"in {waiting[0].kind} {waiting[0].of}".rstrip())
            errors.append(error)
            if has_stepped:
                break
        took = perf_counter() - began
        longest = max(longest, took)
        after, size, has_stepped = last or BEGINNING, next_size(size, took), True
        if last is None:
            waiting.popleft()
            size, has_stepped = FIRST, False
        sleep(min(took, rest))
        if is_over():
            break
    here = Position(waiting[0].kind, waiting[0].of, after) if waiting else None
    return Slice(+rows, here, longest, errors)


def next_size(size: int, took: float) -> int:
    """How many rows come next, after so many took so many seconds."""
    return max(LEAST, min(MOST, 2 * size, int(size * AIM / max(took, 1e-6))))


def _from(parts: Sequence[Part], since: Position | None) -> tuple[deque[Part], Key]:
    """All parts, if the one it stopped in is no longer among them."""
    for number, part in enumerate(parts):
        if since and (part.kind, part.of) == (since.kind, since.of):
            return deque(parts[number:]), since.after
    return deque(parts), BEGINNING
