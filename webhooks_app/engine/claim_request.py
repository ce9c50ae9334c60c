"""What a claim asks for, and the SQL that both databases share."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from webhooks_app.channels.concurrency_window import ConcurrencyWindow
from webhooks_app.channels.contract import Claimed
from webhooks_app.engine.floors import Floors
from webhooks_app.engine.heartbeat import Heartbeat
from webhooks_app.models.queued import READY

MOST_WAITED = 2**31 - 1
OPEN = "status IN ('pending', 'sending', 'retrying')"
DUE = f"{READY} AND due_at <= {{now}} AND (leased_until IS NULL OR leased_until <= {{now}})"
SERVED = "s.enabled AND s.deleted_at IS NULL AND s.paused_at IS NULL AND NOT s.is_listener"
LISTENING = SERVED.replace("NOT s.is_listener", "s.is_listener")

RETURNED = """d.id, d.subscription_id, d.tries, d.failures, {lost}, {revision}, d.wire_format,
    e.id, e.type, e.occurred_at, e.organisation_id, e.subject_type, e.subject_id, e.data,
    d.trigger, e.hops, {waited}, e.traceparent"""


class Taken(NamedTuple):
    """What was claimed, and how many deliveries were adopted and promoted before that."""

    claimed: list[Claimed]
    adopted: int
    promoted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """At most `limit` deliveries, from subscriptions with an id above `after`.

    `free` gives the slots of busy endpoints; all others have `ConcurrencyWindow.INITIAL`. A rate
    limit may lower this, and holds over all engines. Organisations that are `over_budget` get none.
    `heartbeat` is the claiming engine's. With `listener`, only the deliveries of that listener,
    which engines pass over. `floors` are what this engine knows of busy subscriptions.
    """

    limit: int
    free: Mapping[str, int]
    over_budget: Collection[str] = ()
    after: str = ""
    heartbeat: Heartbeat | None = None
    listener: str = ""
    floors: Floors = field(default_factory=Floors)

    @property
    def engine_id(self) -> int | None:
        return None if self.heartbeat is None else self.heartbeat.engine_id

    def may_have_left_some(self, claimed: Collection[Claimed]) -> bool:
        """Whether more may be due: the claim got its limit, or all slots of an endpoint."""
        taken = Counter([one.subscription_id for one in claimed])
        return len(claimed) >= self.limit or any(
            count >= self.free.get(id_, ConcurrencyWindow.INITIAL) for id_, count in taken.items()
        )
