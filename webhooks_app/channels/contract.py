"""The channel contract: what the engine hands over, and what it gets back.

A new channel is a folder with a `Channel`, listed where an engine is started (`jobs/engine.py`).
The engine, its decisions and its records know no channel by name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.outcome import Outcome
from webhooks_app.channels.retry_policy import RetryPolicy
from webhooks_app.vocabulary import Trigger


class Claimed(msgspec.Struct, frozen=True):
    """A leased delivery, joined with its event. `lost`: an earlier lease ran out.

    `hops` is how many of our deliveries led to the event, one causing the next. `waited_ms` is how
    long this delivery had been due. `traceparent` is what the event keeps of a trace.
    """

    delivery_id: str
    subscription_id: str
    number: int
    failures: int
    lost: bool
    revision: int
    wire_format: str
    event_id: str
    event_type: str
    occurred_at: datetime
    organisation_id: str
    subject_type: str | None
    subject_id: str | None
    data: str
    trigger: str = Trigger.EVENT.value
    hops: int = 0
    waited_ms: int = 0
    traceparent: str | None = None

    @property
    def is_test(self) -> bool:
        """A test is sent once and counts in no statistics."""
        return self.trigger == Trigger.TEST


class Tried(msgspec.Struct, frozen=True):
    """One try: the request as the log shows it, and how it ended.

    The values of headers whose names are in `masked`, in lower case, are never stored.
    """

    url: str
    outcome: Outcome
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    masked: frozenset[str] = frozenset()


class Endpoint(Protocol):
    """A subscription, ready for sending.

    The engine keeps it until the subscription is edited, then passes its `window` on to the new
    one.
    """

    policy: RetryPolicy
    window: ConcurrencyWindow

    async def attempt(self, claimed: Claimed) -> Tried:
        """Try `claimed` once. Never raises except for cancellation: every failure is an outcome."""
        ...


class SubscriptionRow(Protocol):
    """What a channel needs from a subscription besides its spec.

    The vault decrypts sealed values.
    """

    @property
    def id(self) -> str: ...
    @property
    def former_urls(self) -> Sequence[Sequence[str]]: ...
    @property
    def sealed_secret(self) -> str: ...
    @property
    def sealed_previous_secret(self) -> str | None: ...
    @property
    def previous_secret_expires_at(self) -> datetime | None: ...


class Channel(Protocol):
    """A way to send. Use it with `async with` for the life of an engine's event loop."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def open(self, subscription: SubscriptionRow, spec: Any) -> Endpoint:
        """Open a subscription. Called in a thread, so it may block.

        `spec` is the subscription's spec, of this channel's kind. Raises `Unreadable` or ValueError
        for one that cannot be used.
        """
        ...
