"""What the door did for a request before Flask got it; see `server/events_door.py`."""

from dataclasses import dataclass

from flask import request

from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.lib.rate import Allowance

AHEAD = "hookline.ahead"  # in the environ, where no client can put it


@dataclass(frozen=True, slots=True)
class Ahead:
    """An event that was counted, and its result.

    A stale one was not stored. `of_plan` is None for a plan without a limit, or if the key's limit
    was already exceeded. `asked` is None if a limit was exceeded.
    """

    of_key: Allowance
    of_plan: Allowance | None
    asked: IngestRequest | None = None

    @property
    def is_stored(self) -> bool:
        return self.asked is not None and self.asked.done and self.asked.error is None


def taken_ahead() -> Ahead | None:
    """The event of the current request."""
    ahead: Ahead | None = request.environ.get(AHEAD)
    return ahead
