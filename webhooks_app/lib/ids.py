"""Public ids: a prefix that says what it names, then 128 bits that sort by time."""

import base64
import os
import time
from datetime import UTC, datetime


def new_id(prefix: str) -> str:
    """A new id, such as `evt_` and 26 characters of base 32 (RFC 4648 §7, lower case).

    48 bits of Unix milliseconds, 16 bits of the fraction of that millisecond, then 64 random bits.
    So ids that one process makes one after the other sort in that order, under byte-wise collation
    (the fraction as in RFC 9562 §6.2, method 3).
    """
    return f"{prefix}_{_encode(time.time_ns() * 2**16 // 10**6, os.urandom(8))}"


def floor_id(prefix: str, unix_seconds: float) -> str:
    """The smallest id that `new_id` could have made at that moment, for ranges over time."""
    return f"{prefix}_{_encode(int(unix_seconds * 1000) * 2**16, bytes(8))}"


def made_at(id_: str) -> datetime:
    """When `new_id` made it."""
    raw = base64.b32hexdecode(id_.partition("_")[2].upper() + "======")
    return datetime.fromtimestamp(int.from_bytes(raw[:6], "big") / 1000, UTC)


def _encode(time_: int, tail: bytes) -> str:
    """`time_` in milliseconds / 2¹⁶."""
    raw = time_.to_bytes(8, "big") + tail
    return base64.b32hexencode(raw)[:26].decode().lower()
