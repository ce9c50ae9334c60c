"""Loops: our deliveries that cause events here, whose deliveries cause events again."""

import re
from collections.abc import Callable

from flask import request

from webhooks_app.api.problems import Problem
from webhooks_app.channels.webhook.endpoint import HOPS
from webhooks_app.parts import parts

MOST = 3
NUMBER = re.compile("[0-9]{1,4}")


def hops_of(header: Callable[[str, str], str], own_agent: str) -> int:
    """The hops in a request's headers, which `header` looks up."""
    told = header(HOPS.lower(), "")
    return int(told) + 1 if NUMBER.fullmatch(told) else int(header("user-agent", "") == own_agent)


def hops_so_far() -> int:
    """How many of our deliveries led to this request, one causing the next.

    The first delivery of a chain is recognised by its User-Agent alone. More than `MOST` is a loop:
    raises a 422 `Problem`.
    """
    hops = hops_of(request.headers.get, parts().settings.user_agent)
    if hops > MOST:
        detail = (
            f"A chain of more than {MOST} deliveries led to this event: a webhook "
            "sends events back to this API. Change the URL of that webhook."
        )
        raise Problem(422, "loop-detected", "Events go in a loop", detail)
    return hops
