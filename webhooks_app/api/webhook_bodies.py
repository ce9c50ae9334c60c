"""What clients send to /webhooks, but for the members of a webhook: those are its spec."""

from typing import Annotated

import msgspec

LONGEST_OVERLAP_HOURS = 7 * 24


class TestBody(msgspec.Struct, forbid_unknown_fields=True):
    event_type: str | None = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP_HOURS)] = 24
    secret: str | None = None
