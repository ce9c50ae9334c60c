"""An answer's status and headers, parsed from its lines."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

HEADERS_LIMIT = 16 * 1024
STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})(?:\s|$)")
ENDS = (b"\r\n", b"\n")
# The same few lines repeat.
SHORT, LINES_KEPT = 200, 4096


class Head(NamedTuple):
    """The head of an answer.

    `complete`: the empty line after the headers has arrived. `status` is None when the status line
    is not HTTP. `retry_after` is the header's text.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...]
    retry_after: str | None
    complete: bool


class Line(NamedTuple):
    """A header; `retry_after` is its value if it is that one."""

    pair: tuple[str, str]
    retry_after: str | None


def read_head(lines: Sequence[bytes]) -> Head:
    """The head of the last answer; earlier ones were informational, such as 103 Early Hints.

    Headers beyond `HEADERS_LIMIT` bytes are left out.
    """
    own = lines[_last_start(lines) :]
    pairs: list[tuple[str, str]] = []
    retry_after, complete = None, bool(own) and own[0] in ENDS
    for raw in own[1:]:
        if raw in ENDS:
            complete = True
            continue
        line = _kept(raw) if len(raw) <= SHORT else _parse(raw)
        pairs.append(line.pair)
        if retry_after is None:
            retry_after = line.retry_after
    status = _status(own[0]) if own else None
    headers = tuple(pairs) if sum(map(len, own)) <= HEADERS_LIMIT else _bounded(pairs)
    return Head(status, headers, retry_after, complete)


def _last_start(lines: Sequence[bytes]) -> int:
    for n in range(len(lines) - 1, 0, -1):
        if lines[n].startswith(b"HTTP/"):
            return n
    return 0


def _parse(line: bytes) -> Line:
    name, _, value = line.decode(errors="replace").partition(":")
    pair = (name.strip(), value.strip())
    return Line(pair, pair[1] if pair[0].lower() == "retry-after" else None)


_kept = lru_cache(LINES_KEPT)(_parse)


def _status(line: bytes) -> int | None:
    found = STATUS.match(line)
    return int(found[1]) if found else None


def _bounded(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept, size = [], 0
    for name, value in pairs:
        size += len(name) + len(value)
        if size > HEADERS_LIMIT:
            break
        kept.append((name, value))
    return tuple(kept)
