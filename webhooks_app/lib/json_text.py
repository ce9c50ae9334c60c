"""JSON with numbers of any size, read and written by one parser with the API's limits.

So what was accepted can be read everywhere. orjson, which we use for our own JSON, refuses integers
beyond 64 bits.
"""

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
