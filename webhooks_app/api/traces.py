"""The trace of a request that reports events."""

from collections.abc import Sequence

from flask import request

from webhooks_app.lib import tracing
from webhooks_app.lib.traceparent import HEADER
from webhooks_app.lib.tracing import Traced
from webhooks_app.matching.incoming import Accepted


def begin() -> Traced:
    """The trace of the current request."""
    return tracing.begin(request.headers.get(HEADER))


def end(traced: Traced, organisation_id: str, accepted: Sequence[Accepted]) -> None:
    """The events are committed."""
    if traced.span is not None:
        about: dict[str, str | int] = {
            "organisation_id": organisation_id,
            "events": len(accepted),
            "deliveries": sum(one.deliveries for one in accepted if not one.repeated),
        }
        if len(accepted) == 1:
            about["event_id"] = accepted[0].id
        traced.end(about)
