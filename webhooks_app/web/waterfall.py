"""The parts of an attempt as bars on one scale, as a browser's network panel draws them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from webhooks_app.models import Attempt

WIDTH = 1000
NARROWEST = 4
# Milliseconds that are lost when the parts are rounded.
ROUNDING = 3
PARTS = (
    ("queue", "Waited in our queue", "queue_ms"),
    ("lookup", "Name look-up", "lookup_ms"),
    ("connect", "Connect", "connect_ms"),
    ("tls", "TLS handshake", "tls_ms"),
    ("first", "Wait for the first byte", "first_byte_ms"),
    ("body", "Receive the response", "body_ms"),
)
TRACED = tuple(column for _, _, column in PARTS[1:])


class Bar(NamedTuple):
    """`x` and `width` in thousandths of the picture. `label` says what took `milliseconds`."""

    name: str
    label: str
    milliseconds: int
    x: float
    width: float


def waterfalls(attempts: Iterable[Attempt]) -> Mapping[int, Sequence[Bar]]:
    """The waterfalls by number of the attempt, all on the scale of the longest one."""
    parts = {one.number: list(_parts(one)) for one in attempts}
    totals = [sum(milliseconds for _, _, milliseconds in found) for found in parts.values()]
    longest = max([*totals, 1])
    return {number: list(_bars(found, longest)) for number, found in parts.items()}


def _parts(attempt: Attempt) -> Iterator[tuple[str, str, int]]:
    """The bars of an attempt. Time that no part accounts for comes last."""
    known = 0
    for name, label, column in PARTS:
        milliseconds = getattr(attempt, column)
        if milliseconds is not None:
            known += milliseconds if column in TRACED else 0
            yield name, label, milliseconds
    rest = attempt.duration_ms - known
    if known == 0 and attempt.first_byte_ms is None:
        yield "rest", "The whole attempt", attempt.duration_ms
    elif rest > ROUNDING:
        yield "rest", "Everything else", rest


def _bars(parts: Sequence[tuple[str, str, int]], longest: int) -> Iterator[Bar]:
    """Each is wide enough to be seen."""
    x = 0.0
    room = WIDTH - NARROWEST * len(parts)
    for name, label, milliseconds in parts:
        width = NARROWEST + room * milliseconds / longest
        yield Bar(name, label, milliseconds, round(x, 1), round(width, 1))
        x += width
