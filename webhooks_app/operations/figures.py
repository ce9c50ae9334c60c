"""Figures of the whole installation, read when somebody asks: from SQL and Redis.

Every web process would report the same, so they have an address of their own, to be scraped once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from rq.registry import FailedJobRegistry
from sqlalchemy import Engine, case, func, or_, select, text, union_all
from sqlalchemy.exc import SQLAlchemyError

from webhooks_app import queue
from webhooks_app.database import choose, clock_of, read_only, reading
from webhooks_app.database.replica import Replica
from webhooks_app.lib.times import utcnow
from webhooks_app.models import PeriodicRun, Queued, Subscription
from webhooks_app.models.queued import DELAYED, READY
from webhooks_app.operations.checks import BEAT_LOCK, clock_skew, workers_seen
from webhooks_app.operations.schedule import PERIODIC, job_name

AGES = (1, 10, 60, 600, 3600)
OLDEST_SNAPSHOT = """
    SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float
    FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"""
CONNECTIONS = "SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'"
MOST_CONNECTIONS = "SELECT current_setting('max_connections')::int"
DEAD_ROWS = """
    SELECT t.relname, sum(n_dead_tup)::bigint FROM pg_stat_user_tables AS s
    LEFT JOIN pg_inherits AS i ON i.inhrelid = s.relid
    JOIN pg_class AS t ON t.oid = coalesce(i.inhparent, s.relid)
    WHERE t.relname IN ('queue', 'deliveries', 'attempts', 'events', 'subscription_health')
    GROUP BY t.relname"""


class OfThisHost(Collector):
    """What each web process says of itself beside its counters."""

    def __init__(self, engine: Engine, replica: Replica | None) -> None:
        self._engine = engine
        self._replica = replica

    def collect(self) -> Iterator[Gauge]:
        info = Gauge("hookline_build_info", "The version that runs; always 1", labels=["version"])
        info.add_metric([version("hookline-server")], 1)
        yield info
        pool: object = self._engine.pool
        in_use = pool.checkedout() if hasattr(pool, "checkedout") else 0
        yield Gauge("hookline_sql_connections_in_use", "Connections of this web process", in_use)
        if self._replica is not None:
            look = self._replica.state()
            used = float(not look.fault)
            yield Gauge("hookline_replica_in_use", "Whether pages read from the replica", used)
            if look.lag is not None:
                yield Gauge("hookline_replica_lag_seconds", "How far it is behind", look.lag)


class OfAll(Collector):
    """Whatever does not answer is left out; the two `up` say what that is."""

    def __init__(self, engine: Engine, redis: Redis) -> None:
        self._engine = engine
        self._redis = redis

    def collect(self) -> Iterator[Gauge]:
        yield from _unless_away("sql", lambda: list(self._of_sql()))
        yield from _unless_away("redis", lambda: list(self._of_redis()))

    def _of_sql(self) -> Iterator[Gauge]:
        yield from _backlog(self._engine)
        yield _last_runs(self._engine)
        skew = clock_skew(self._engine, utcnow()).total_seconds()
        yield Gauge("hookline_clock_skew_seconds", "This host ahead of the database", skew)
        if choose(self._engine, postgresql=True, sqlite=False):
            yield from _of_postgres(self._engine)

    def _of_redis(self) -> Iterator[Gauge]:
        waiting = Gauge("hookline_jobs_waiting", "Jobs in the queue", labels=["queue"])
        failed = Gauge("hookline_jobs_failed", "Jobs kept as failed", labels=["queue"])
        workers = Gauge("hookline_workers", "Workers seen lately", labels=["queue"])
        for name in (queue.DELIVERIES, queue.BACKGROUND):
            jobs = queue.queue_named(name, self._redis)
            waiting.add_metric([name], jobs.count)
            failed.add_metric([name], FailedJobRegistry(queue=jobs).get_job_count(cleanup=False))
            workers.add_metric([name], workers_seen(self._redis, name))
        yield from (waiting, failed, workers)
        active = self._redis.exists(BEAT_LOCK)
        yield Gauge("hookline_beat_active", "Whether a beat is active", float(bool(active)))


def _unless_away(what: str, read: Callable[[], list[Gauge]]) -> Iterator[Gauge]:
    try:
        found = read()
    except (SQLAlchemyError, RedisError, OSError):
        yield Gauge(f"hookline_{what}_up", f"Whether {what} answers", 0)
        return
    yield Gauge(f"hookline_{what}_up", f"Whether {what} answers", 1)
    yield from found


def _backlog(engine: Engine) -> Iterator[Gauge]:
    """Due and unsent deliveries.

    Without deliveries that a rate limit or a pause may hold back: those are not late because of us.
    """
    now = clock_of(engine)
    held_back = select(Subscription.id).where(Subscription.may_be_held_back())
    age = case(
        *((Queued.due_at > _before(now, seconds), str(seconds)) for seconds in AGES),
        else_="+Inf",
    ).label("age")
    due = (
        select(age, func.count().label("number"), func.min(Queued.due_at).label("oldest"))
        .where(
            Queued.due_at <= now,
            or_(Queued.leased_until.is_(None), Queued.leased_until <= now),
            Queued.subscription_id.not_in(held_back),
        )
        .group_by(age)
    )
    with engine.connect() as connection:
        rows = (
            read_only(connection)
            .execute(union_all(due.where(text(READY)), due.where(text(DELAYED))))
            .all()
        )
    found: Counter[str] = Counter()
    for row in rows:
        found[row.age] += row.number
    oldest = min((row.oldest for row in rows), default=now)
    ages = Gauge(
        "hookline_backlog_deliveries", "Deliveries due now, late by less than", labels=["late"]
    )
    for bound in (*map(str, AGES), "+Inf"):
        ages.add_metric([bound], found[bound])
    yield ages
    late = (now - oldest).total_seconds()
    yield Gauge("hookline_backlog_age_seconds", "Lateness of the oldest of them", late)


def _before(now: datetime, seconds: int) -> datetime:
    return now - timedelta(seconds=seconds)


def _last_runs(engine: Engine) -> Gauge:
    ours = {periodic.job for periodic in PERIODIC}
    runs = Gauge(
        "hookline_periodic_job_last_run_timestamp_seconds",
        "When the beat last asked for the job",
        labels=["job"],
    )
    with reading(engine) as connection:
        for row in connection.execute(select(PeriodicRun.name, PeriodicRun.last_run_at)):
            if row.name in ours:
                runs.add_metric([job_name(row.name)], row.last_run_at.timestamp())
    return runs


def _of_postgres(engine: Engine) -> Iterator[Gauge]:
    with reading(engine) as connection:
        snapshot = connection.scalar(text(OLDEST_SNAPSHOT))
        used = connection.scalar(text(CONNECTIONS))
        most = connection.scalar(text(MOST_CONNECTIONS))
        dead = connection.execute(text(DEAD_ROWS)).all()
    yield Gauge("hookline_oldest_snapshot_seconds", "Age of the oldest open snapshot", snapshot)
    yield Gauge("hookline_sql_connections", "Connections of all clients to PostgreSQL", used)
    yield Gauge("hookline_sql_connections_most", "How many PostgreSQL allows", most)
    rows = Gauge("hookline_dead_rows", "Rows that wait for VACUUM", labels=["table"])
    for table, number in dead:
        rows.add_metric([table], number)
    yield rows
