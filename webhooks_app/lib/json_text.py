"""JSON with numbers of any size, read and written by one parser with the API's limits.

So what was accepted can be read everywhere. orjson, which we use for our own JSON, refuses integers
beyond 64 bits.
"""

import re
from typing import TypeVar

import msgspec

T = TypeVar("T")
HeaderMap = dict[str, str]
HeaderList = list[tuple[str, str]]
# What `read` raises for invalid JSON.
NOT_JSON = (msgspec.DecodeError, RecursionError)

read = msgspec.json.Decoder().decode


def read_as(kind: type[T], text: str) -> T | None:
    """The stored JSON text, if it has that shape; otherwise None."""
    try:
        return msgspec.json.decode(text, type=kind)
    except NOT_JSON:
        return None


def write(value: object) -> str:
    return msgspec.json.encode(value).decode()


def indented(value: object) -> str:
    return msgspec.json.format(write(value), indent=2)


TOKENS = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[][{},]', re.DOTALL)
CLOSERS = {"{": "}", "[": "]"}


def read_start(text: str) -> object:
    """The value of a JSON text.

    One that was cut off is closed after its last complete member. None for invalid JSON.
    """
    for candidate in (text, *_closed(text)):
        try:
            return read(candidate)
        except NOT_JSON:
            continue
    return None


def _closed(text: str) -> tuple[str, str]:
    """Two ways to close the text: inside the string that it ends in, and after its last member."""
    opened: list[str] = []
    end, closing = 0, ""
    for found in TOKENS.finditer(text):
        mark = found[0]
        if mark in CLOSERS:
            opened.append(CLOSERS[mark])
        elif opened and mark == opened[-1]:
            opened.pop()
        elif mark != ",":
            continue
        end = found.start() if mark == "," else found.end()
        closing = "".join(reversed(opened))
    inside = text.rstrip("\\") + '"' + "".join(reversed(opened))
    return inside, text[:end] + closing
