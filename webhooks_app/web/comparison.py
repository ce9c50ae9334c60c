"""Two responses line by line: what is only in the one, only in the other, or in both. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

MOST_LINES = 1000


class Line(NamedTuple):
    """`sign` is `-` for the first alone, `+` for the second alone, a space for both."""

    sign: str
    text: str


def compared(first: str, second: str) -> list[Line]:
    """`MOST_LINES` of each are looked at."""
    return list(_lines(_cut(first), _cut(second)))


def _cut(text: str) -> Sequence[str]:
    return text.split("\n")[:MOST_LINES]


def _lines(first: Sequence[str], second: Sequence[str]) -> Iterator[Line]:
    for kind, at, to, other_at, other_to in SequenceMatcher(None, first, second).get_opcodes():
        if kind == "equal":
            yield from (Line(" ", text) for text in first[at:to])
        else:
            yield from (Line("-", text) for text in first[at:to])
            yield from (Line("+", text) for text in second[other_at:other_to])
