"""The header `traceparent`, by which a trace goes from one system to the next (W3C Trace Context).

What an event keeps of it is a text of the same form. A trace that began here has the version `ff`,
which no header may have: nobody sent it to us, so we send it to nobody.
"""

import re
from typing import NamedTuple

HEADER = "traceparent"
FORM = re.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
BROUGHT, OURS = "00", "ff"


class Place(NamedTuple):
    """A place in a trace. `flags`: 1 if it is sampled."""

    trace_id: int
    span_id: int
    flags: int

    def text(self, version: str) -> str:
        return f"{version}-{self.trace_id:032x}-{self.span_id:016x}-{self.flags:02x}"


def read(header: str | None) -> str | None:
    """What an event keeps of a request's header; None if it has none, or an invalid one.

    A later version may have more members, which are left out (§2.2.4).
    """
    found = FORM.match(header) if header else None
    if header is None or found is None or found[1] == OURS:
        return None
    if found.end() < len(header) and (found[1] == BROUGHT or header[found.end()] != "-"):
        return None
    place = place_of(found[0])
    return found[0].replace(found[1], BROUGHT, 1) if place.trace_id and place.span_id else None


def place_of(kept: str) -> Place:
    _, trace_id, span_id, flags = kept.split("-")
    return Place(int(trace_id, 16), int(span_id, 16), int(flags, 16))


def version_of(kept: str) -> str:
    return kept[:2]


def sent(kept: str | None) -> str | None:
    """The header that receivers get; None if the event brought none."""
    return kept if kept and version_of(kept) == BROUGHT else None
