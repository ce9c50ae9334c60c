"""How many requests a key may make, shown in the usual headers."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, g

from webhooks_app.api.ahead import taken_ahead
from webhooks_app.api.auth import key_id
from webhooks_app.api.blueprint import bp
from webhooks_app.api.problems import Problem
from webhooks_app.lib.rate import Allowance
from webhooks_app.organisations.plans import plan_called
from webhooks_app.parts import Parts, parts
from webhooks_app.people.key_check import Principal

P = ParamSpec("P")
R = TypeVar("R")


def limited(view: Callable[P, R]) -> Callable[P, R]:
    """For views that count against `INGEST_RATE_LIMIT`. A 429 `Problem` says when to try again."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if (ahead := taken_ahead()) is not None:
            g.allowance = ahead.of_key
        else:
            g.allowance = allowance_of_key(parts(), key_id())
        if g.allowance.exceeded:
            raise _too_many(g.allowance)
        return view(*args, **kwargs)

    guarded.limited = True  # type: ignore[attr-defined]
    return guarded


def count_events(number: int) -> None:
    """Count events that are about to be accepted against the organisation's plan: all or none.

    A 429 `Problem` says when to try again.
    """
    principal: Principal = g.principal
    ahead = taken_ahead()
    allowance = ahead.of_plan if ahead else allowance_of_plan(parts(), principal, number)
    if allowance is not None:
        g.allowance = allowance
        if allowance.exceeded:
            raise _more_than_planned(plan_called(principal.plan).title, allowance, number)


def allowance_of_key(made: Parts, key_id: str) -> Allowance:
    """Count a request with that key."""
    return made.rates.count(made.settings.ingest_rate_limit, "ingest", key_id)


def allowance_of_plan(made: Parts, principal: Principal, number: int) -> Allowance | None:
    """Count events against the plan; None when it has no limit."""
    most = plan_called(principal.plan).events_per_minute
    if most is None:
        return None
    return made.rates.spend(f"{most} per minute", number, "plan", principal.organisation_id)


def told(allowance: Allowance) -> dict[str, str]:
    """The allowance as headers."""
    return {
        "X-RateLimit-Limit": str(allowance.amount),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset": str(int(allowance.reset)),
    }


@bp.after_request
def tell(response: Response) -> Response:
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers.update(told(allowance))
    return response


def _too_many(allowance: Allowance) -> Problem:
    seconds = allowance.seconds_left
    return Problem(
        429,
        "too-many-requests",
        "Too many requests",
        f"This key can make {allowance.limit} requests. Try again in {seconds} s, or send batches.",
        headers={"Retry-After": str(seconds)},
    )


def _more_than_planned(title: str, allowance: Allowance, number: int) -> Problem:
    seconds = allowance.seconds_left
    helps = (
        f"Send at most {allowance.amount} at once."
        if number > allowance.amount
        else f"Try again in {seconds} s."
    )
    return Problem(
        429,
        "too-many-requests",
        "Too many events for the plan",
        f"The plan {title} allows {allowance.amount} events a minute. {helps}",
        headers={"Retry-After": str(seconds)},
    )
