"""/stats: attempts over time and by webhook or action, from hourly counts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

import msgspec
from flask import Response
from msgspec import Meta

from webhooks_app.api import auth, queries
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.api.operation import Operation, operation
from webhooks_app.api.shapes import Moment
from webhooks_app.deliveries import statistics
from webhooks_app.deliveries.statistics import Period, Step, Traffic
from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Fault, Invalid
from webhooks_app.lib.times import rfc3339, utcnow

LAST = timedelta(days=1)


class StatsQuery(msgspec.Struct, forbid_unknown_fields=True):
    since: Annotated[
        queries.Moment | None,
        Meta(
            description="The start, rounded down to the hour or day. The default is a day before "
            "`until`."
        ),
    ] = None
    until: Annotated[
        queries.Moment | None,
        Meta(description="The end, with its whole hour or day. The default is the current time."),
    ] = None
    step: Annotated[Step, Meta(description="The length of each point. Days are in UTC.")] = (
        Step.HOUR
    )
    subscription_id: Annotated[str | None, Meta(description="Only this webhook or action.")] = None

    def period(self) -> Period:
        """Raises `Invalid`."""
        until = self.until or utcnow()
        try:
            return statistics.period(self.since or until - LAST, until, self.step)
        except OverflowError as error:
            raise Invalid(Fault("since", queries.MOMENT, "parameter")) from error
        except ValueError as error:
            raise Invalid(Fault("since", str(error), "parameter")) from error


class CountsAnswer(msgspec.Struct, frozen=True):
    """How many attempts had each result."""

    delivered: Annotated[int, Meta(description="Attempts that delivered.")]
    retrying: Annotated[int, Meta(description="Attempts that failed and were retried later.")]
    failed: Annotated[int, Meta(description="Last attempts that failed.")]


class LatencyAnswer(msgspec.Struct, frozen=True):
    """How long delivered attempts took, in milliseconds.

    Upper bounds of buckets. null where nothing was delivered, or it took over 15 s.
    """

    p50: int | None
    p95: int | None
    p99: int | None


class PointAnswer(msgspec.Struct, frozen=True):
    """The attempts of an hour or a day."""

    start: Moment
    delivered: int
    retrying: int
    failed: int


class StatsAnswer(msgspec.Struct, frozen=True):
    """The attempts of a period, tests left out."""

    since: Moment
    until: Moment
    step: Annotated[str, Meta(extra_json_schema={"enum": list(Step)})]
    attempts: CountsAnswer
    success_rate: Annotated[
        float | None,
        Meta(description="The share of attempts that delivered, 0 to 1; null without attempts."),
    ]
    latency_ms: LatencyAnswer
    points: Annotated[list[PointAnswer], Meta(description="Oldest first.")]


class OneOfThemAnswer(msgspec.Struct, frozen=True):
    """The attempts of one webhook or action."""

    subscription_id: str
    name: str
    attempts: CountsAnswer
    success_rate: float | None


class SubscriptionStatsAnswer(msgspec.Struct, frozen=True):
    """The attempts of a period by webhook and action."""

    since: Moment
    until: Moment
    data: Annotated[
        list[OneOfThemAnswer],
        Meta(description=f"Those with the most attempts first, up to {statistics.MOST_LISTED}."),
    ]


@bp.get("/stats")
@operation(
    Operation(
        summary="Read stats",
        tag="Stats",
        query=StatsQuery,
        answers={200: StatsAnswer},
        description="Attempts over time, of all webhooks and actions or of one, with up to "
        f"{statistics.MOST_BARS} points.",
    )
)
@auth.requires("stats:read")
def read_stats() -> Response:
    query = queries.read(StatsQuery)
    period = query.period()
    found = statistics.traffic_of(db.session(), auth.tenant(), period, query.subscription_id)
    return answer(_stats(found, period))


@bp.get("/stats/subscriptions")
@operation(
    Operation(
        summary="Read stats by webhook and action",
        tag="Stats",
        query=StatsQuery,
        answers={200: SubscriptionStatsAnswer},
        description="Attempts of each webhook and action, by result.",
    )
)
@auth.requires("stats:read")
def read_subscription_stats() -> Response:
    query = queries.read(StatsQuery)
    period = query.period()
    found = statistics.by_subscription(db.session(), auth.tenant(), period, query.subscription_id)
    rows = [
        OneOfThemAnswer(one.id, one.name, _counts(one.counts), statistics.rate_of(one.counts))
        for one in found
    ]
    return answer(SubscriptionStatsAnswer(rfc3339(period.first), rfc3339(period.end), rows))


def _stats(traffic: Traffic, period: Period) -> StatsAnswer:
    return StatsAnswer(
        since=rfc3339(period.first),
        until=rfc3339(period.end),
        step=period.step.value,
        attempts=_counts(traffic.totals),
        success_rate=traffic.success_rate,
        latency_ms=LatencyAnswer(*(traffic.percentiles[one] for one in (50, 95, 99))),
        points=[_point(bar) for bar in traffic.bars],
    )


def _point(bar: statistics.Bar) -> PointAnswer:
    return PointAnswer(
        rfc3339(bar.start), *(bar.counts.get(name, 0) for name in statistics.OUTCOMES)
    )


def _counts(counts: Mapping[str, int]) -> CountsAnswer:
    return CountsAnswer(*(counts.get(name, 0) for name in statistics.OUTCOMES))
