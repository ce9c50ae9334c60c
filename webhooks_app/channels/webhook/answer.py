"""An answer's status and headers, parsed from its lines."""

import re
from collections.abc import Sequence
from typing import NamedTuple

HEADERS_LIMIT = 16 * 1024
STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?:\s|$)")
ENDS = (b"\r\n", b"\n")


class Head(NamedTuple):
    """The head of an answer.

    `complete`: the empty line after the headers has arrived. `status` is None when the status line
    is not HTTP. `retry_after` is the header's text.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    retry_after: str | None
    complete: bool


def read_head(lines: Sequence[bytes]) -> Head:
    """The head of the last answer; earlier ones were informational, such as 103 Early Hints.

    Headers beyond `HEADERS_LIMIT` bytes are left out.
    """
    start = max((n for n, line in enumerate(lines) if line.startswith(b"HTTP/")), default=0)
    own = lines[start:]
    status = STATUS.match(own[0]) if own else None
    pairs = [_pair(line) for line in own[1:] if line not in ENDS]
    retry_after = next((value for name, value in pairs if name.lower() == "retry-after"), None)
    complete = any(line in ENDS for line in own)
    return Head(status and int(status[1]), _bounded(pairs), retry_after, complete)


def _pair(line: bytes) -> tuple[str, str]:
    name, _, value = line.decode(errors="replace").partition(":")
    return name.strip(), value.strip()


def _bounded(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept, size = [], 0
    for name, value in pairs:
        size += len(name) + len(value)
        if size > HEADERS_LIMIT:
            break
        kept.append((name, value))
    return tuple(kept)
