"""What PostgreSQL wrote and read, by its own counters, per item of `count`."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from webhooks_app.extensions import db

COUNTERS = """
    SELECT (pg_current_wal_insert_lsn() - '0/0')::float AS wal_bytes_each,
        d.xact_commit AS commits_each,
        d.blks_hit + d.blks_read AS pages_each,
        t.inserted AS rows_inserted_each, t.updated AS rows_updated_each, t.hot AS hot
    FROM pg_stat_database AS d, (
        SELECT sum(n_tup_ins)::float AS inserted, sum(n_tup_upd)::float AS updated,
            sum(n_tup_hot_upd)::float AS hot
        FROM pg_stat_user_tables
    ) AS t
    WHERE d.datname = current_database()"""

Counts = dict[str, float]


@contextmanager
def written(count: int) -> Iterator[Counts]:
    """Filled once the block has ended: processes count at the end, so connections are closed.
    `hot_share` is the share of updates that touched no index."""
    before, counts = _counters(), Counts()
    yield counts
    counts |= {name: value - before[name] for name, value in _counters().items()}
    updated, hot = counts["rows_updated_each"], counts.pop("hot")
    for name in counts:
        counts[name] = round(counts[name] / count, 3)
    counts["hot_share"] = round(hot / updated, 3) if updated else 0.0


def _counters() -> Counts:
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return dict(connection.execute(text(COUNTERS)).one()._mapping)
