"""What was done for a request before Flask got it, see `server/events_door.py`."""

from dataclasses import dataclass

from flask import request

from webhooks_app.ingest.accept import IngestRequest
from webhooks_app.lib.rate import Allowance

AHEAD = "hookline.ahead"  # in the environ, where no client can put it


@dataclass(frozen=True, slots=True)
class Ahead:
    """An event that was counted, and its result. A stale one was not stored."""

    asked: IngestRequest
    allowance: Allowance

    @property
    def is_stored(self) -> bool:
        return self.asked.done and self.asked.error is None


def taken_ahead() -> Ahead | None:
    """The one of the current request."""
    ahead: Ahead | None = request.environ.get(AHEAD)
    return ahead
