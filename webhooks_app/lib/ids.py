"""Public ids: a prefix that says what it names, then 128 bits that sort by time."""

import base64
import os
import time
from datetime import UTC, datetime


def new_id(prefix: str) -> str:
    """A new id, such as `evt_` and 26 characters of base 32 (RFC 4648 §7, lower case).

    48 bits of Unix milliseconds, then 80 random bits: ids made later sort later (within the
    millisecond), under byte-wise collation.
    """
    return f"{prefix}_{_encode(int(time.time() * 1000), os.urandom(10))}"


def floor_id(prefix: str, unix_seconds: float) -> str:
    """The smallest id that `new_id` could have made at that moment, for ranges over time."""
    return f"{prefix}_{_encode(int(unix_seconds * 1000), bytes(10))}"


def made_at(id_: str) -> datetime:
    """When `new_id` made it."""
    raw = base64.b32hexdecode(id_.partition("_")[2].upper() + "======")
    return datetime.fromtimestamp(int.from_bytes(raw[:6], "big") / 1000, UTC)


def _encode(milliseconds: int, tail: bytes) -> str:
    raw = milliseconds.to_bytes(6, "big") + tail
    return base64.b32hexencode(raw)[:26].decode().lower()
