"""Spans of an engine, below the trace that an event keeps. Nothing here runs without traces."""

import time
from collections.abc import Iterable

from msgspec.structs import replace

from webhooks_app.channels.contract import Claimed, Endpoint, Tried
from webhooks_app.engine.record import Result
from webhooks_app.lib import tracing


async def attempt(endpoint: Endpoint, claimed: Claimed) -> Tried:
    """Like `endpoint.attempt`; the request that it sends is below the attempt's span."""
    if claimed.traceparent is None or not tracing.is_on():
        return await endpoint.attempt(claimed)
    traced = tracing.begin_below(claimed.traceparent, "attempt")
    tried = await endpoint.attempt(replace(claimed, traceparent=traced.kept))
    traced.end(_about(claimed) | _ended(tried), failed=not tried.outcome.delivered)
    return tried


def _about(claimed: Claimed) -> dict[str, str | int]:
    return {
        "event_id": claimed.event_id,
        "delivery_id": claimed.delivery_id,
        "subscription_id": claimed.subscription_id,
        "organisation_id": claimed.organisation_id,
        "attempt": claimed.number,
    }


def _ended(tried: Tried) -> dict[str, str | int]:
    outcome = tried.outcome
    ended: dict[str, str | int] = {"outcome": "delivered" if outcome.delivered else "failed"}
    if outcome.status_code is not None:
        ended["status_code"] = outcome.status_code
    if outcome.failure is not None:
        ended["failure"] = outcome.failure.value
    return ended


def claimed(claims: Iterable[Claimed], seconds: float) -> None:
    """One for each delivery, as long as the claim of all of them took."""
    _add("claim", claims, seconds)


def recorded(results: Iterable[Result], seconds: float) -> None:
    _add("record", (result.claimed for result in results), seconds)


def _add(name: str, claims: Iterable[Claimed], seconds: float) -> None:
    if not tracing.is_on():
        return
    ended = time.time_ns()
    for one in claims:
        if one.traceparent is not None:
            tracing.add(one.traceparent, name, ended - int(seconds * 1e9), ended, _about(one))
