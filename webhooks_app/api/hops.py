"""Loops: events that deliveries of ours report to us, whose deliveries report events again."""

import re

from flask import request

from webhooks_app.api.problems import Problem
from webhooks_app.channels.webhook.endpoint import HOPS
from webhooks_app.parts import parts

MOST = 3
NUMBER = re.compile("[0-9]{1,4}")


def hops_so_far() -> int:
    """How many deliveries of ours led to this request, one causing the next.

    A delivery of an event that none led to says so by its User-Agent alone. Raises a 422 `Problem`
    for more than `MOST`: that is a loop.
    """
    told = request.headers.get(HOPS, "")
    is_ours = request.headers.get("User-Agent") == parts().settings.user_agent
    hops = int(told) + 1 if NUMBER.fullmatch(told) else int(is_ours)
    if hops > MOST:
        detail = (
            "This was caused by a delivery, which was caused by another, and so on, more than "
            f"{MOST} times. A webhook sends events back to here: change its URL."
        )
        raise Problem(422, "loop-detected", "Events go round in a circle", detail)
    return hops
