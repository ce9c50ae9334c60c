"""How far behind deliveries are."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, func, select

from webhooks_app.database import read_only
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Delivery, Subscription


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
