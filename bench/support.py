"""A whole product for a bench: its own PostgreSQL and Redis, an app, an organisation, rows."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, text

from tests import factories
from tests.conftest import settings_for
from tests.support.servers import PostgresServer, RedisServer, create_database
from webhooks_app import create_app
from webhooks_app.database import coming_partitions, partitions
from webhooks_app.database.bulk import insert_rows
from webhooks_app.extensions import db
from webhooks_app.launch.migrate import migrate
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.matching.enqueue import DELIVERIES, enqueue
from webhooks_app.matching.rows import DELIVERY_COLUMNS, EVENT_COLUMNS
from webhooks_app.models import Event, Organisation, Subscription

DATA = (
    '{"name":"Ada Example","email":"ada@example.com","phone":"+15550100","company":"Example Ltd",'
    '"message":"Please call me about the offer you made last week.","conversation_id":"conv_1"}'
)


@dataclass(frozen=True)
class Product:
    app: Flask
    database_url: str
    redis_url: str
    folder: Path


@contextmanager
def product(**settings: Any) -> Iterator[Product]:
    """PostgreSQL and Redis in a temporary folder, the schema, and an app in its context."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "postgres").mkdir()
        postgres, redis = PostgresServer(folder / "postgres"), RedisServer(folder)
        postgres.create()
        redis.start()
        try:
            url = create_database(postgres.url, "bench")
            with _installed(url, redis, folder, **settings) as made:
                yield made
        finally:
            postgres.stop("immediate")
            redis.kill()


@contextmanager
def beside(other: Product) -> Iterator[Product]:
    """Another one on the same PostgreSQL, with a database and a Redis of its own."""
    folder = other.folder / "beside"
    folder.mkdir()
    redis = RedisServer(folder)
    redis.start()
    try:
        url = create_database(other.database_url, "beside")
        with _installed(url, redis, folder) as made:
            yield made
    finally:
        redis.kill()


@contextmanager
def product_on_sqlite() -> Iterator[Product]:
    """The same with SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis, url = RedisServer(folder), f"sqlite:///{folder}/hookline.db"
        redis.start()
        try:
            with _installed(url, redis, folder) as made:
                yield made
        finally:
            redis.kill()


@contextmanager
def _installed(url: str, redis: RedisServer, folder: Path, **settings: Any) -> Iterator[Product]:
    app = create_app(settings_for(url, redis.url, folder, **settings))
    migrate(app)
    with app.app_context():
        yield Product(app, url, redis.url, folder)
        db.session.remove()
        db.engine.dispose()


def subscribe(organisation: Organisation, urls: list[str]) -> list[Subscription]:
    return [factories.webhook(organisation, url) for url in urls]


def fill(
    organisation: Organisation,
    subscriptions: list[Subscription],
    count: int,
    status: str = "pending",
    age: timedelta = timedelta(0),
) -> None:
    """`count` events with one delivery each, spread over the subscriptions."""
    at = utcnow() - age
    is_open = status == "pending"
    organisation_id, ids = organisation.id, [s.id for s in subscriptions]
    for start in range(0, count, 50_000):
        events, deliveries = [], []
        for n in range(start, min(count, start + 50_000)):
            event_id, data = new_id("evt"), DATA.replace("ada@", f"ada{n}@")
            events.append(
                (event_id, organisation_id, "live", "lead.captured", None, None, data)
                + ("api", 1, None, None, at, at, None, 0, None, None)
            )
            deliveries.append(
                (new_id("msg"), organisation_id, "live", ids[n % len(ids)], event_id, "event")
                + (None, "standard", status, int(not is_open), 0, at)
            )
        with db.engine.begin() as connection:
            insert_rows(connection, cast(Table, Event.__table__), EVENT_COLUMNS, events)
            if is_open:
                enqueue(connection, deliveries)
            else:
                insert_rows(connection, DELIVERIES, DELIVERY_COLUMNS, deliveries)


def partition_since(since: datetime) -> None:
    """Have partitions on PostgreSQL as if Hookline had run since then. The log must be empty."""
    begun = partitions.dropped_from(db.engine, partitions.EVENTS, 90)
    if begun is None or begun <= since:
        return
    with db.engine.begin() as connection:
        for log in partitions.LOGS:
            for one in partitions.partitions(connection, log):
                connection.execute(text(f"DROP TABLE {one.name}"))
    moment = since
    while moment < utcnow() + timedelta(days=1):
        coming_partitions.make_ahead(db.engine, moment, 90)
        moment += timedelta(days=1)


# A table in partitions has no size of its own.
SIZES = """
    SELECT name, sum(pg_total_relation_size(part))::float
    FROM (VALUES ('queue'), ('deliveries'), ('attempts'), ('events'),
        ('event_keys')) AS t(name)
    CROSS JOIN LATERAL (
        SELECT name::regclass AS part UNION SELECT relid FROM pg_partition_tree(name)
    ) AS parts
    GROUP BY name"""


def sizes() -> dict[str, float]:
    """Bytes of each table of the log, with its partitions and indexes."""
    with db.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(SIZES))}


def settle() -> None:
    """Do what autovacuum would have done by now."""
    _at_once("VACUUM ANALYZE")


def checkpoint() -> None:
    """Leave nothing of what was written to a later checkpoint."""
    _at_once("CHECKPOINT")


def forget_log() -> None:
    """Empty the tables of the log, and the queue."""
    _at_once("TRUNCATE events, event_keys, deliveries, attempts, queue, delivery_stats")


def _at_once(statement: str) -> None:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
