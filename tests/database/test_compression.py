"""Large columns are compressed with lz4 on PostgreSQL, also if a migration could not see to it."""

import pytest
from flask import Flask

from tests.support.raw_sql import driver, run
from webhooks_app.database.compression import LARGE
from webhooks_app.jobs import upkeep

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

COMPRESSED = """
    SELECT attrelid::regclass::text, attname::text FROM pg_attribute JOIN pg_class ON oid = attrelid
    WHERE attcompression = 'l' AND relkind IN ('r', 'p') AND NOT relispartition"""
PARTITION = """
    SELECT attcompression FROM pg_attribute
    WHERE attrelid = 'events_default'::regclass AND attname = 'data'"""


@pytest.fixture
def as_before(app: Flask) -> None:
    """As after a migration that had to leave all tables out."""
    for table, columns in LARGE.items():
        for one in columns:
            run(f"ALTER TABLE {table} ALTER COLUMN {one} SET COMPRESSION default")


def compressed() -> set[str]:
    return {table for table, _ in run(COMPRESSED)}


def test_a_job_compresses_what_a_migration_left_out(as_before: None) -> None:
    assert compressed() == set()
    upkeep.make_partitions()
    assert set(run(COMPRESSED)) == {(table, one) for table in LARGE for one in LARGE[table]}
    assert run(PARTITION) == [("l",)]


def test_a_table_in_use_is_left_to_the_next_run(as_before: None, app: Flask) -> None:
    with app.app_context(), driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM events")
        upkeep.make_partitions()
        assert compressed() == set(LARGE) - {"events"}
    upkeep.make_partitions()
    assert compressed() == set(LARGE)
