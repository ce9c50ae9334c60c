"""Drop expired partitions of the log, beside ones with little in them."""

from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import text

from bench.support import product, settle
from webhooks_app.database import partitions
from webhooks_app.deliveries.expired_partitions import expired_partitions
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id
from webhooks_app.lib.times import utcnow
from webhooks_app.operations.slices import work

LITTLE = 10_000
DAYS = 90
AFTER = timedelta(days=60)  # then all partitions of a round have expired
TIMES = 3
FILL = """
    INSERT INTO events (id, organisation_id, mode, type, data, origin, fan_out, hops, occurred_at,
        created_at)
    SELECT :event || lpad(n::text, 10, '0'), 'org_1', 'live', 'lead.captured',
        repeat('{"email":"ada@example.com"}', 12), 'api', 1, 0, now(), now()
    FROM generate_series(1, :count) AS n;
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    SELECT :delivery || lpad(n::text, 10, '0'), 1, 'succeeded', 'https://a.example', '{}', '[]',
        'ok', false, now(), 1
    FROM generate_series(1, :count) AS n"""


def run(count: int) -> dict[str, Any]:
    """Each round is later than the one before, since partitions are made in order."""
    with product():
        now = utcnow()
        rounds = [(now + n * AFTER, LITTLE if n < TIMES else count) for n in range(TIMES + 1)]
        *little, much = [_dropped(moment, size) for moment, size in rounds]
        return {
            "rows": count,
            "little_ms": round(1000 * median(little), 1),
            "much_ms": round(1000 * much, 1),
            "ratio": round(much / median(little), 2),
        }


def _dropped(moment: datetime, count: int) -> float:
    """How long it took to drop so many events and attempts."""
    partitions.make_ahead(db.engine, moment, DAYS)
    prefixes = {
        name: floor_id(prefix, moment.timestamp())[:-10]
        for name, prefix in (("event", "evt"), ("delivery", "msg"))
    }
    with db.engine.begin() as connection:
        for statement in FILL.split(";"):
            connection.execute(text(statement), {"count": count, **prefixes})
    settle()
    began = perf_counter()
    done = work(list(expired_partitions(db.engine, moment + AFTER)), None, lambda: False)
    took = perf_counter() - began
    assert done.rows["partitions"] >= 2
    return took
