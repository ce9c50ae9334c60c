"""How many requests a key may make, shown in the usual headers."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, g

from webhooks_app.api.auth import key_id
from webhooks_app.api.blueprint import bp
from webhooks_app.api.problems import Problem
from webhooks_app.lib.rate import Allowance, Rates
from webhooks_app.organisations.plans import plan_called
from webhooks_app.parts import parts
from webhooks_app.people.key_check import Principal

P = ParamSpec("P")
R = TypeVar("R")


def limited(view: Callable[P, R]) -> Callable[P, R]:
    """For views that count against `INGEST_RATE_LIMIT`. A 429 `Problem` says when to try again."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        rates: Rates = parts().rates
        limits = parts().settings.ingest_rate_limit
        g.allowance = rates.count(limits, "ingest", key_id())
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
    plan = plan_called(principal.plan)
    if (most := plan.events_per_minute) is None:
        return
    rates: Rates = parts().rates
    limits = f"{most} per minute"
    g.allowance = rates.spend(limits, number, "plan", principal.organisation_id)
    if g.allowance.exceeded:
        raise _more_than_planned(plan.title, g.allowance, number)


@bp.after_request
def tell(response: Response) -> Response:
    allowance: Allowance | None = g.get("allowance")
    if allowance is not None:
        response.headers["X-RateLimit-Limit"] = str(allowance.amount)
        response.headers["X-RateLimit-Remaining"] = str(allowance.remaining)
        response.headers["X-RateLimit-Reset"] = str(int(allowance.reset))
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
