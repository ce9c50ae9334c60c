"""Hourly counts for pages: over time, as rates and as percentiles."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, any_, func, select
from sqlalchemy.orm import Session

from webhooks_app.database import choose, read_connection
from webhooks_app.database.bulk import force_index_scans
from webhooks_app.lib.cache import Cache
from webhooks_app.lib.tenant import Tenant
from webhooks_app.lib.times import utcnow
from webhooks_app.models import DeliveryStat, Subscription
from webhooks_app.models.stats import LATENCY_BOUNDS_MS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# What the engine's stored names mean to people.
OUTCOMES = ("delivered", "retrying", "failed")
MOST_BARS = 1000
MOST_LISTED = 100

# What is older than a few hours hardly changes, and is most of what a chart reads. What is older
# than a day is most of what a month's chart reads.
KEPT_SECONDS = 60
OLDER_KEPT_SECONDS = 900
LATELY = 2 * HOUR
_kept: Cache[Hashable, Sequence["Counted"]] = Cache(1000, KEPT_SECONDS)
_older: Cache[Hashable, Sequence["Counted"]] = Cache(1000, OLDER_KEPT_SECONDS)


class Step(StrEnum):
    """How long a bar lasts; days are in UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def length(self) -> timedelta:
        return HOUR if self is Step.HOUR else DAY

    def start_of(self, moment: datetime) -> datetime:
        hour = _hour(moment.astimezone(UTC))
        return hour if self is Step.HOUR else hour.replace(hour=0)


class Period(NamedTuple):
    """Whole steps from `first` (inclusive) to `end` (exclusive)."""

    first: datetime
    end: datetime
    step: Step


class OneOfThem(NamedTuple):
    """A subscription and its attempts by outcome."""

    id: str
    name: str
    counts: Mapping[str, int]


class Counted(NamedTuple):
    at: datetime
    outcome: str
    latency_ms: int
    attempts: int


class Bar(NamedTuple):
    """Attempts by outcome, counted from `start` on."""

    start: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Attempts of an organisation in a stretch of time, oldest bar first.

    `percentiles` are milliseconds by percent, of delivered answers. Each is the upper bound of its
    bucket; None if nothing was delivered or it was slower than the last bound.
    """

    bars: Sequence[Bar]
    totals: Mapping[str, int]
    percentiles: Mapping[int, int | None]

    @property
    def success_rate(self) -> float | None:
        """The share of all attempts that were delivered."""
        return rate_of(self.totals)


def rate_of(counts: Mapping[str, int]) -> float | None:
    """The share of all attempts that were delivered; None without attempts."""
    attempts = sum(counts.values())
    return counts.get("delivered", 0) / attempts if attempts else None


def period(since: datetime, until: datetime, step: Step) -> Period:
    """The whole steps that hold all from `since` to `until`. Raises ValueError, for people."""
    if since >= until:
        raise ValueError("`since` must be before `until`.")
    if (until - since) / step.length >= MOST_BARS:
        raise ValueError(f"That would be more than {MOST_BARS} points. Use a shorter time.")
    first, last = step.start_of(since), step.start_of(until)
    return Period(first, last if last == until else last + step.length, step)


def traffic(
    session: Session,
    tenant: Tenant,
    stretch: timedelta,
    step: timedelta,
    subscription_id: str | None = None,
) -> Traffic:
    """The last `stretch` in bars of `step`, both whole hours; of all subscriptions or of one."""
    hour = _hour(utcnow())
    first = hour - stretch + HOUR
    today, lately = max(first, hour - DAY), max(first, hour - LATELY)
    counts = partial(_counts, session, _own(tenant, subscription_id), step=step, origin=first)
    key = (tenant, subscription_id, first, step)
    older = _once(_older, key, partial(counts, (first, today)))
    earlier = _once(_kept, key, partial(counts, (today, lately)))
    rows = (*older, *earlier, *counts((lately, None)))
    return _drawn(rows, first, step, stretch // step)


def _once(
    cache: Cache[Hashable, Sequence["Counted"]],
    key: Hashable,
    count: Callable[[], Sequence["Counted"]],
) -> Sequence["Counted"]:
    found = cache.get(key)
    if found is None:
        found = count()
        cache.put(key, found)
    return found


def traffic_of(
    session: Session, tenant: Tenant, period: Period, subscription_id: str | None = None
) -> Traffic:
    """The attempts of a period, of all subscriptions or of one."""
    first, end, step = period.first, period.end, period.step.length
    rows = _counts(session, _own(tenant, subscription_id), (first, end), step)
    return _drawn(rows, first, step, (end - first) // step)


def by_subscription(
    session: Session, tenant: Tenant, period: Period, subscription_id: str | None = None
) -> Sequence[OneOfThem]:
    """The subscriptions with the most attempts in the period, up to `MOST_LISTED`, including
    deleted ones.
    """
    number = func.sum(DeliveryStat.count)
    within = (
        DeliveryStat.subscription_id.in_(_own(tenant, subscription_id)),
        DeliveryStat.hour >= period.first,
        DeliveryStat.hour < period.end,
    )
    busiest = (
        select(DeliveryStat.subscription_id)
        .where(*within)
        .group_by(DeliveryStat.subscription_id)
        .order_by(number.desc(), DeliveryStat.subscription_id)
        .limit(MOST_LISTED)
        .subquery()
    )
    rows = session.execute(
        select(DeliveryStat.subscription_id, Subscription.name, DeliveryStat.outcome, number)
        .join(busiest, busiest.c.subscription_id == DeliveryStat.subscription_id)
        .join(Subscription, Subscription.id == DeliveryStat.subscription_id)
        .where(*within)
        .group_by(DeliveryStat.subscription_id, Subscription.name, DeliveryStat.outcome)
    )
    counted: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for id_, name, outcome, count in rows:
        counted[id_, name][outcome] = int(count)
    found = [OneOfThem(*key, counts) for key, counts in counted.items()]
    return sorted(found, key=lambda one: (-sum(one.counts.values()), one.id))


def _own(tenant: Tenant, subscription_id: str | None) -> Select[str]:
    own = select(Subscription.id).where(Subscription.in_tenant(tenant))
    return own if subscription_id is None else own.where(Subscription.id == subscription_id)


def _drawn(rows: Iterable["Counted"], first: datetime, step: timedelta, bars: int) -> Traffic:
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    latencies: Counter[int] = Counter()
    for at, outcome, latency, count in rows:
        counted[(at - first) // step][outcome] += int(count)
        if outcome == "delivered":
            latencies[latency] += int(count)
    drawn = [Bar(first + step * at, counted[at]) for at in range(bars)]
    totals = {name: sum(bar.counts.get(name, 0) for bar in drawn) for name in OUTCOMES}
    return Traffic(drawn, totals, {at: percentile(latencies, at) for at in (50, 95, 99)})


def _counts(
    session: Session,
    own: Select[str],
    between: tuple[datetime, datetime | None],
    step: timedelta,
    origin: datetime | None = None,
) -> Sequence[Counted]:
    """The counts of the hours `between`, the last one left out, in bars that start at `origin`."""
    since, until = between
    if until is not None and since >= until:
        return ()
    connection = read_connection(session)
    hour: SQLColumnExpression[datetime] = DeliveryStat.hour
    theirs: ColumnElement[bool] = DeliveryStat.subscription_id.in_(own)
    if choose(connection, postgresql=True, sqlite=False):
        # This makes fewer groups in SQL and fewer rows here, with one walk over the index.
        hour = func.date_bin(step, hour, origin or since, type_=DeliveryStat.hour.type)
        theirs = DeliveryStat.subscription_id == any_(func.array(own.scalar_subquery()))
    force_index_scans(connection)
    query = (
        select(hour, DeliveryStat.outcome, DeliveryStat.latency_ms, func.sum(DeliveryStat.count))
        .where(theirs, DeliveryStat.hour >= since)
        .group_by(hour, DeliveryStat.outcome, DeliveryStat.latency_ms)
    )
    if until is not None:
        query = query.where(DeliveryStat.hour < until)
    return [Counted(*row) for row in session.execute(query)]


def percentile(latencies: Mapping[int, int], percent: int) -> int | None:
    """The upper bound in ms of the percentile's bucket. Bucket 0 lies beyond the last bound."""
    wanted = sum(latencies.values()) * percent / 100
    seen = 0
    for bound in LATENCY_BOUNDS_MS:
        seen += latencies.get(bound, 0)
        if seen and seen >= wanted:
            return bound
    return None


def last_day(session: Session, subscription_ids: Iterable[str]) -> Mapping[str, Sequence[Bar]]:
    """The last 24 hours of each subscription in hourly bars, oldest first."""
    first = _hour(utcnow()) - DAY + HOUR
    ids = list(subscription_ids)
    rows = session.execute(
        select(
            DeliveryStat.subscription_id,
            DeliveryStat.hour,
            DeliveryStat.outcome,
            func.sum(DeliveryStat.count),
        )
        .where(DeliveryStat.subscription_id.in_(ids), DeliveryStat.hour >= first)
        .group_by(DeliveryStat.subscription_id, DeliveryStat.hour, DeliveryStat.outcome)
    )
    counted: dict[tuple[str, datetime], Counter[str]] = defaultdict(Counter)
    for subscription_id, hour, outcome, count in rows:
        counted[subscription_id, hour][outcome] += int(count)
    hours = [first + HOUR * at for at in range(DAY // HOUR)]
    return {id_: [Bar(hour, counted[id_, hour]) for hour in hours] for id_ in ids}


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
