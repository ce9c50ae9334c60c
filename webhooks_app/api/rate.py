"""How many requests a key may make, shown in the usual headers of every answer."""

from collections.abc import Callable, Sequence
from functools import wraps
from time import time
from typing import NamedTuple, ParamSpec, TypeVar

from flask import Response, g

from webhooks_app.api.ahead import taken_ahead
from webhooks_app.api.auth import key_id
from webhooks_app.api.operation import current_operation
from webhooks_app.api.problems import Problem
from webhooks_app.lib.rate import Allowance
from webhooks_app.organisations.plans import plan_called
from webhooks_app.parts import Parts, parts
from webhooks_app.people.key_check import Principal

P = ParamSpec("P")
R = TypeVar("R")


class Limit(NamedTuple):
    """The first part of `key` is what people see as the name of the limit."""

    limits: str
    key: tuple[str, str]


def count_request() -> None:
    """Count a request that reports nothing against `API_RATE_LIMIT`."""
    operation = current_operation()
    if not operation.limited:
        _count(Limit(parts().settings.api_rate_limit, ("key", key_id())))


def limited(view: Callable[P, R]) -> Callable[P, R]:
    """For views that count against `INGEST_RATE_LIMIT`.

    Raises a 429 `Problem` that says when to try again.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        ahead = taken_ahead()
        _count(limit_of_key(parts(), key_id()), ahead.of_key if ahead else None)
        return view(*args, **kwargs)

    guarded.limited = True  # type: ignore[attr-defined]
    return guarded


def count_events(number: int) -> None:
    """Count events that are about to be accepted against the organisation's plan: all or none.

    A 429 `Problem` says when to try again.
    """
    principal: Principal = g.principal
    limit, ahead = limit_of_plan(principal), taken_ahead()
    if limit is not None:
        allowance = ahead.of_plan if ahead else None
        allowance = allowance or parts().rates.spend(limit.limits, number, *limit.key)
        g.allowances = [*g.allowances, allowance]
        if allowance.exceeded:
            raise _more_than_planned(plan_called(principal.plan).title, allowance, number)


def limit_of_key(made: Parts, key_id: str) -> Limit:
    """The limit of reports with that key."""
    return Limit(made.settings.ingest_rate_limit, ("reports", key_id))


def limit_of_plan(principal: Principal) -> Limit | None:
    """The plan's limit of events; None if it has none."""
    most = plan_called(principal.plan).events_per_minute
    if most is None:
        return None
    return Limit(f"{most} per minute", ("plan", principal.organisation_id))


def told(allowances: Sequence[Allowance]) -> dict[str, str]:
    """The allowances as headers.

    `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) show all of them, the
    older ones only the last.
    """
    last, now = allowances[-1], int(time())
    left = [
        f'"{one.name}";r={one.remaining};t={max(0, int(one.reset) - now)}' for one in allowances
    ]
    return {
        "X-RateLimit-Limit": str(last.amount),
        "X-RateLimit-Remaining": str(last.remaining),
        "X-RateLimit-Reset": str(int(last.reset)),
        "RateLimit-Policy": ", ".join([one.policy for one in allowances]),
        "RateLimit": ", ".join(left),
    }


def tell(response: Response) -> Response:
    if allowances := g.get("allowances"):
        response.headers.update(told(allowances))
    return response


def _count(limit: Limit, counted: Allowance | None = None) -> None:
    allowance = counted or parts().rates.count(limit.limits, *limit.key)
    g.allowances = [allowance]
    if allowance.exceeded:
        raise _too_many(allowance)


def limit_mail(what: str, *key: str) -> None:
    """Count a mail to `key`, as pages do. Raises a 429 `Problem` that says when to try again."""
    allowance = parts().rates.count(parts().settings.login_tries_limit, what, *key)
    if allowance.exceeded:
        seconds = allowance.seconds_left
        raise Problem(
            429,
            "too-many-requests",
            "Too many requests",
            f"Too many mails to this address. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


def _too_many(allowance: Allowance) -> Problem:
    seconds = allowance.seconds_left
    return Problem(
        429,
        "too-many-requests",
        "Too many requests",
        f"This key can make {allowance.limit} requests. Try again in {seconds} s."
        + (" Or send batches." if allowance.name == "reports" else ""),
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
