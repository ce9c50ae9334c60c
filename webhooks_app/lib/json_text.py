"""JSON texts of any size of number: read and written by one parser, with the limits of the door.

What was let in can be read everywhere. orjson, which is used for what we write ourselves, refuses
integers beyond 64 bits.
"""

import msgspec

# What `read` raises for what is none.
NOT_JSON = (msgspec.DecodeError, RecursionError)

read = msgspec.json.Decoder().decode


def write(value: object) -> str:
    return msgspec.json.encode(value).decode()


def indented(value: object) -> str:
    return msgspec.json.format(write(value), indent=2)
