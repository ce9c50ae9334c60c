"""What an engine keeps about each subscription that it serves."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Channel, Claimed, Endpoint, Tried
from webhooks_app.channels.outcome import unsent
from webhooks_app.channels.retry_policy import RetryPolicy, policy_or_default
from webhooks_app.database import read_transaction
from webhooks_app.lib.crypto import Unreadable
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Subscription

# The spec of a row. Raises `Unreadable`, ValueError or `Conflict`.
ReadSpec = Callable[[Subscription], object]

KEPT = 20_000
AT_ONCE = 16


@dataclass(slots=True)
class Kept:
    """A subscription at `revision`. `has_more`: more deliveries may be due than it has slots."""

    endpoint: Endpoint
    revision: int
    has_more: bool = False

    @property
    def window(self) -> ConcurrencyWindow:
        return self.endpoint.window


@dataclass(slots=True)
class Unusable:
    """An endpoint for a subscription that cannot be used; each attempt logs `reason`."""

    url: str
    reason: str
    policy: RetryPolicy
    window: ConcurrencyWindow = field(default_factory=ConcurrencyWindow)

    async def attempt(self, _claimed: Claimed) -> Tried:
        return Tried(self.url, unsent(f"Not sent: {self.reason}", utcnow()))


class Endpoints:
    """The endpoints that this process has used. Refreshed when a claim shows a newer revision."""

    def __init__(self, engine: Engine, channels: Mapping[str, Channel], read: ReadSpec) -> None:
        self._engine = engine
        self._channels = channels
        self._read = read
        self._kept: dict[str, Kept] = {}
        self._limited: set[str] = set()

    def __getitem__(self, subscription_id: str) -> Kept:
        return self._kept[subscription_id]

    def limited(self) -> list[str]:
        """Ids of endpoints with a rate limit that could have more in flight."""
        return [key for key in self._limited if self._kept[key].window.free]

    def free_slots(self) -> dict[str, int]:
        """Free slots in the window of each endpoint, except those idle at their first size.

        An endpoint with many free slots gets only some at once, so that a claim serves many
        endpoints.
        """
        return {
            key: min(kept.window.free, AT_ONCE)
            for key, kept in self._kept.items()
            if kept.window.free != ConcurrencyWindow.INITIAL
        }

    def refresh(self, claims: Collection[Claimed]) -> None:
        """Load the endpoints of these claims that are not kept at their revision. Blocking."""
        needed = {claim.subscription_id for claim in claims}
        if len(self._kept) > KEPT:
            self._kept = {
                key: kept
                for key, kept in self._kept.items()
                if key in needed or kept.window.in_flight
            }
            self._limited &= self._kept.keys()
        stale = {
            claim.subscription_id
            for claim in claims
            if (kept := self._kept.get(claim.subscription_id)) is None
            or kept.revision != claim.revision
        }
        if not stale:
            return
        with read_transaction(self._engine) as connection, Session(connection) as session:
            for subscription in session.scalars(
                select(Subscription).where(Subscription.id.in_(stale))
            ):
                self._keep(subscription)

    def _keep(self, subscription: Subscription) -> None:
        before = self._kept.get(subscription.id)
        opened = self._open(subscription)
        if before is not None:
            opened.window = before.window
        self._kept[subscription.id] = Kept(opened, subscription.revision)
        if subscription.rate_limit is None:
            self._limited.discard(subscription.id)
        else:
            self._limited.add(subscription.id)

    def _open(self, subscription: Subscription) -> Endpoint:
        try:
            channel = self._channels[subscription.channel]
        except KeyError:
            reason = f"there is no channel named {subscription.channel}"
            return self._unusable(subscription, reason)
        try:
            return channel.open(subscription, self._read(subscription))
        except Unreadable as error:
            reason = f"{error}. Ask the operator to restore the key."
        except Conflict as error:
            reason = str(error)
        except ValueError as error:
            reason = f"the subscription cannot be read: {error}"
        return self._unusable(subscription, reason)

    def _unusable(self, subscription: Subscription, reason: str) -> Endpoint:
        return Unusable(subscription.url, reason, policy_or_default(subscription.retry_policy))
