"""Rate limits of subscriptions, shared by all engines: a generic cell rate algorithm in SQL.

`SendAllowance.next_free_at` moves ahead by `1 / rate` for every claimed try, starting at the
current time or later. How far it is ahead, in seconds, is what is `used`; more tries may start as
long as they fit into the burst. A claim reads and moves it under a lock, so it is exact over any
number of workers.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from math import floor
from typing import cast

from sqlalchemy import Engine, Table, exists, func, literal, or_, select, text

from webhooks_app.database import choose, reading
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Queued, SendAllowance, Subscription
from webhooks_app.models.columns import UtcDateTime
from webhooks_app.models.queued import READY

# In seconds at the full rate. A quantum is the smallest number worth a claim.
BURST = 0.5
QUANTUM = 0.05
ROUNDING = 1e-6

ALLOWANCES = cast(Table, SendAllowance.__table__)
QUEUE = cast(Table, Queued.__table__)
SUBSCRIPTIONS = cast(Table, Subscription.__table__)

# `granted` in PostgreSQL, for the subscription `s` and its allowance `a`.
_LEFT = f"""(greatest(1, s.rate_limit * {BURST}) + {ROUNDING}
    - greatest(0, extract(epoch FROM a.next_free_at - now())::float) * s.rate_limit)"""
POSTGRES_GRANTED = f"floor{_LEFT}::int"
POSTGRES_MAY_START = f"{_LEFT} >= greatest(1, floor(s.rate_limit * {QUANTUM}))"


def granted(rate: float, used: float) -> int:
    """How many tries may start now at `rate` a second; 0 if not worth a claim."""
    most = floor(_burst(rate) + ROUNDING - max(0.0, used) * rate)
    return most if most >= _quantum(rate) else 0


def wait(rate: float, used: float) -> float:
    """Seconds until some tries are granted; below 0 if they are granted now."""
    return used - (_burst(rate) - _quantum(rate)) / rate


def moved_on(rate: float, used: float, count: int, now: datetime) -> datetime:
    """`next_free_at` after `count` more have started."""
    return now + timedelta(seconds=max(0.0, used) + count / rate)


def held(engine: Engine, subscription_ids: Collection[str]) -> dict[str, float]:
    """Those of `subscription_ids` whose limit holds deliveries back, and for how many seconds."""
    subscriptions, queue, allowances = SUBSCRIPTIONS.c, QUEUE.c, ALLOWANCES.c
    now = choose(engine, postgresql=func.now(), sqlite=literal(utcnow(), UtcDateTime))
    query = (
        select(
            subscriptions.id,
            subscriptions.rate_limit,
            allowances.next_free_at,
            now.label("now"),
        )
        .join(ALLOWANCES, allowances.subscription_id == subscriptions.id)
        .where(
            subscriptions.id.in_(subscription_ids),
            subscriptions.enabled,
            subscriptions.deleted_at.is_(None),
            subscriptions.paused_at.is_(None),
            subscriptions.rate_limit.is_not(None),
            allowances.next_free_at > now,
            exists().where(
                queue.subscription_id == subscriptions.id,
                text(READY),
                queue.due_at <= now,
                or_(queue.leased_until.is_(None), queue.leased_until <= now),
            ),
        )
    )
    with reading(engine) as connection:
        return {
            row.id: wait(row.rate_limit, (row.next_free_at - row.now).total_seconds())
            for row in connection.execute(query)
        }


def _burst(rate: float) -> float:
    return max(1.0, rate * BURST)


def _quantum(rate: float) -> int:
    return max(1, floor(rate * QUANTUM))
