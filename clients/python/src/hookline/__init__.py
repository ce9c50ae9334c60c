"""Report events to Hookline, manage webhooks, and verify what they send.

`Hookline` is the client, `hookline.aio.AsyncHookline` the same for asyncio. `hookline.receive`
verifies what a webhook sends; `hookline.models` are the types of answers.
"""

from hookline._batches import BufferClosed, BufferFull, NotSent, Unsent
from hookline._call import UNSET, Call
from hookline._listing import AsyncListing, Listing, Page
from hookline._version import VERSION as __version__
from hookline.buffer import Buffer
from hookline.client import Hookline
from hookline.errors import (
    BadRequest,
    ChangedMeanwhile,
    Conflict,
    ConnectionFailed,
    Fault,
    Forbidden,
    HooklineError,
    IdempotencyKeyInUse,
    IdempotencyKeyReused,
    InsufficientScope,
    Invalid,
    LoopDetected,
    NotFound,
    PlanLimit,
    Problem,
    RateLimited,
    ServerError,
    SettingsError,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)

__all__ = [
    "UNSET",
    "AsyncListing",
    "BadRequest",
    "Buffer",
    "BufferClosed",
    "BufferFull",
    "Call",
    "ChangedMeanwhile",
    "Conflict",
    "ConnectionFailed",
    "Fault",
    "Forbidden",
    "Hookline",
    "HooklineError",
    "IdempotencyKeyInUse",
    "IdempotencyKeyReused",
    "InsufficientScope",
    "Invalid",
    "Listing",
    "LoopDetected",
    "NotFound",
    "NotSent",
    "Page",
    "PlanLimit",
    "Problem",
    "RateLimited",
    "ServerError",
    "SettingsError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedAnswer",
    "Unsent",
    "__version__",
]
