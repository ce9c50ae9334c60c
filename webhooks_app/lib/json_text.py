"""JSON texts of any size of number: read and written by one parser, with the limits of the door.

What was let in can be read everywhere. orjson, which is used for what we write ourselves, refuses
integers beyond 64 bits.
"""

from typing import TypeVar

import msgspec

T = TypeVar("T")
HeaderMap = dict[str, str]
HeaderList = list[tuple[str, str]]
# What `read` raises for what is none.
NOT_JSON = (msgspec.DecodeError, RecursionError)

read = msgspec.json.Decoder().decode


def read_as(kind: type[T], text: str) -> T | None:
    """What is stored as text, when it has that shape; None when it cannot be read."""
    try:
        return msgspec.json.decode(text, type=kind)
    except NOT_JSON:
        return None


def write(value: object) -> str:
    return msgspec.json.encode(value).decode()


def indented(value: object) -> str:
    return msgspec.json.format(write(value), indent=2)
