"""Whether the product can work, and how far behind it is."""

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app import queue
from webhooks_app.database import read_only
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Subscription

SEEN_LATELY = timedelta(seconds=90)


def checks(engine: Engine, redis_url: str) -> dict[str, str]:
    """Each part with `ok`, or what is wrong."""
    return {"sql": _sql(engine), **_redis_and_workers(redis_url)}


def _sql(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            read_only(connection).execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "does not answer"
    return "ok"


def _redis_and_workers(redis_url: str) -> dict[str, str]:
    connection = queue.fast_redis(redis_url)
    deliveries = queue.queue_named(queue.DELIVERIES, connection)
    try:
        workers = Worker.all(queue=deliveries, serializer=JSONSerializer)
    except (RedisError, OSError):
        return {"redis": "does not answer", "workers": "unknown"}
    seen = [w for w in workers if w.last_heartbeat and utcnow() - w.last_heartbeat < SEEN_LATELY]
    return {"redis": "ok", "workers": "ok" if seen else "none seen lately"}


class BacklogCollector(Collector):
    """Due and unsent deliveries, counted in SQL at scrape time.

    Without deliveries that a rate limit may hold back: those are not late because of us.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        count, age = self._read()
        yield GaugeMetricFamily("hookline_backlog_deliveries", "Deliveries due now", count)
        yield GaugeMetricFamily(
            "hookline_backlog_age_seconds", "Age of the oldest due delivery", age
        )

    def _read(self) -> tuple[int, float]:
        now = utcnow()
        limited = select(Subscription.id).where(Subscription.rate_limit.is_not(None))
        with self._engine.connect() as connection:
            count, oldest = (
                read_only(connection)
                .execute(
                    select(func.count(), func.min(Delivery.due_at)).where(
                        Delivery.due_at <= now, Delivery.subscription_id.not_in(limited)
                    )
                )
                .one()
            )
        return count, (now - oldest).total_seconds() if oldest else 0.0
