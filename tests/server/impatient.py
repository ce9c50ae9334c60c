"""The same as `endless`, with no patience for slow readers."""

from tests.server.endless import door
from webhooks_app.server import long_answer

__all__ = ["door"]

long_answer.GRACE = 0.5
long_answer.SLOWEST = 10**9
