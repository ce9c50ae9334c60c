"""The log on PostgreSQL is in partitions by time, which are made ahead and dropped when old."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from signal import SIGTERM, getsignal, raise_signal
from threading import Event as Flag
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import settings_for
from tests.support.filling import id_at
from tests.support.own_database import app_on
from tests.support.raw_sql import driver, own_url, run
from tests.support.servers import wait_until
from webhooks_app import create_app
from webhooks_app.database import coming_partitions, counted_rows, partitions
from webhooks_app.database.coming_partitions import blocks, make_ahead
from webhooks_app.database.partitions import ATTEMPTS, Partition
from webhooks_app.extensions import db
from webhooks_app.jobs import upkeep
from webhooks_app.lib.folders import PACKAGE
from webhooks_app.lib.ids import floor_id, made_at, new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.migrations import columns, partitioning

ATTEMPT = """
    INSERT INTO attempts (delivery_id, number, outcome, url, request_headers, response_headers,
        response_body, response_truncated, started_at, duration_ms)
    VALUES (%s, 1, 'succeeded', 'https://a.example', '{}', '[]', '', false, now(), 1)"""
WHERE = "SELECT tableoid::regclass::text FROM attempts WHERE delivery_id = %s"
DAYS = 90


@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    days=st.integers(1, 4000),
    later=st.timedeltas(timedelta(0), timedelta(days=900)),
)
def test_blocks_cover_the_coming_days_without_a_gap_and_are_few(
    now: datetime, days: int, later: timedelta
) -> None:
    first = list(blocks(now, days))
    assert first[0][0] <= now
    assert first[-1][1] > now + timedelta(days=3)
    more = list(blocks(now + later, days, last=first[-1][1]))
    for chain in (first, more):
        assert all(one[1] == other[0] for one, other in pairwise(chain))
        assert all(start < end for start, end in chain)
    assert not more or more[0][0] >= first[-1][1]
    width = first[0][1] - first[0][0]
    assert days / 12 <= width.days <= max(1, days / 12 + 1)
    assert list(blocks(now, days, last=first[-1][1])) == []


@pytest.fixture(scope="module")
def log_app(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on a database of its own, which is not migrated."""
    with app_on(postgres_url, "hookline_partitions", tmp_path_factory.mktemp("partitions")) as app:
        yield app


@pytest.fixture
def config(log_app: Flask) -> Iterator[Config]:
    """The schema before attempts are partitioned; the table is empty."""
    with log_app.app_context():
        config: Config = log_app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0042")
        run("TRUNCATE attempts")
        command.upgrade(config, "0043")
        before = ScriptDirectory(str(PACKAGE / "migrations")).get_revision("0043")
        assert before is not None
        command.downgrade(config, str(before.down_revision))
        yield config
        db.session.remove()


@pytest.fixture
def partitioned(config: Config) -> None:
    command.upgrade(config, "0043")


def known() -> list[Partition]:
    with db.engine.connect() as connection:
        return partitions.partitions(connection, ATTEMPTS)


def kept_at(moment: datetime) -> str:
    """The partition that an attempt of that time goes to."""
    id_ = id_at("msg", moment)
    run(ATTEMPT, id_)
    [(name,)] = run(WHERE, id_)
    return str(name)


def counted() -> int:
    [(number,)] = run("SELECT count(*) FROM attempts")
    return int(number)


def test_an_empty_table_is_partitioned_at_once_and_every_time_has_a_place(
    partitioned: None,
) -> None:
    now = utcnow()
    names = [one.name for one in known()]
    assert "attempts_before" not in names
    assert kept_at(now) == names[0]
    assert kept_at(now + timedelta(days=8)) == names[1]
    assert kept_at(now + timedelta(days=900)) == "attempts_default"
    assert kept_at(now - timedelta(days=900)) == "attempts_default"
    run(ATTEMPT, "msg_zzz")
    assert counted() == 5


FILES = """
    SELECT relfilenode FROM pg_class WHERE oid IN (
        %s::regclass, (SELECT indexrelid FROM pg_index WHERE indrelid = %s::regclass)
    ) ORDER BY relkind"""


def test_a_full_table_becomes_the_first_partition_while_others_write_it(config: Config) -> None:
    """Nothing is copied, and nothing that others insert or may do is lost."""
    run("DROP OWNED BY reporting" if exists("reporting") else "CREATE ROLE reporting")
    run("GRANT SELECT, DELETE ON attempts TO reporting")
    ids = [id_at("msg", utcnow() - timedelta(days=n)) for n in range(100)]
    for id_ in ids:
        run(ATTEMPT, id_)
    files = run(FILES, "attempts", "attempts")
    stop, begun, url = Flag(), Flag(), own_url()

    def write() -> list[str]:
        """As an older process does, by prepared statements of one connection."""
        written = []
        with driver(url) as connection:
            while not stop.is_set():
                connection.execute(ATTEMPT, [id_ := new_id("msg")], prepare=True)
                written.append(id_)
                if len(written) > 10:
                    begun.set()
        return written

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        wait_until(begun.is_set)
        command.upgrade(config, "0043")
        so_far = counted()
        wait_until(lambda: counted() > so_far)
        stop.set()
        ids += writing.result()
    assert {id_ for (id_,) in run("SELECT delivery_id FROM attempts")} == set(ids)
    assert run(FILES, "attempts_before", "attempts_before") == files
    assert kept_at(utcnow()) == "attempts_before"
    assert kept_at(utcnow() + timedelta(days=59)) == "attempts_before"
    [made, *_] = make_ahead(db.engine, utcnow() + timedelta(days=59), DAYS)
    assert kept_at(utcnow() + timedelta(days=62)) == made
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(ATTEMPT, ids[0])
    assert checks() == []
    for table in ("attempts", "attempts_default"):
        assert may("reporting", table) == {"SELECT", "DELETE"}

    number = counted()
    before = ScriptDirectory(str(PACKAGE / "migrations")).get_revision("0043")
    assert before is not None
    command.downgrade(config, str(before.down_revision))
    assert counted() == number
    assert run("SELECT relkind::text FROM pg_class WHERE relname ~ '^attempts'") == [("r",)]
    assert may("reporting", "attempts") == {"SELECT", "DELETE"}
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(ATTEMPT, ids[0])
    run("DROP OWNED BY reporting")
    run("DROP ROLE reporting")


def exists(role: str) -> bool:
    return bool(run("SELECT 1 FROM pg_roles WHERE rolname = %s", role))


def may(role: str, table: str) -> set[str]:
    asked = "SELECT privilege_type FROM information_schema.role_table_grants"
    return {one for (one,) in run(f"{asked} WHERE grantee = %s AND table_name = %s", role, table)}


def checks() -> list[Any]:
    return run("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname ~ '_boundary$'")


@pytest.mark.parametrize("step", ["_bound", "_switch"])
@pytest.mark.parametrize("is_killed", [False, True])
def test_it_goes_on_after_it_was_stopped(
    config: Config, monkeypatch: pytest.MonkeyPatch, step: str, is_killed: bool
) -> None:
    """Stopped, it leaves nothing behind that refuses rows one day."""
    run(ATTEMPT, new_id("msg"))
    done = getattr(partitioning, step)

    def stopped(*arguments: Any) -> None:
        if step == "_bound":
            done(*arguments)
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(partitioning, step, stopped)
        if is_killed:
            broken.setattr(partitioning, "_unbound", lambda *_: None)
        with pytest.raises(InterruptedError):
            command.upgrade(config, "0043")
    assert len(checks()) == is_killed
    run(ATTEMPT, new_id("msg"))
    if not is_killed:
        run(ATTEMPT, id_at("msg", utcnow() + timedelta(days=300)))
    command.upgrade(config, "0043")
    assert checks() == []
    assert counted() == 3 - is_killed
    assert "attempts_before" in [one.name for one in known()]


def test_a_boundary_goes_although_a_backup_began(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the backup as long as a migration does."""
    for module in (columns, partitioning):
        monkeypatch.setattr(module, "PATIENCE", "50ms")
    monkeypatch.setattr(columns, "TRIED_FOR", 0.0)
    run(ATTEMPT, new_id("msg"))
    with driver() as backup, backup_during(backup, monkeypatch):
        monkeypatch.setattr(partitioning, "sleep", lambda _: backup.execute("COMMIT"))
        with pytest.raises(CommandError):
            command.upgrade(config, "0043")
    assert checks() == []


def test_a_boundary_that_stays_is_reported_with_its_day(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in (columns, partitioning):
        monkeypatch.setattr(module, "PATIENCE", "50ms")
    monkeypatch.setattr(columns, "TRIED_FOR", 0.0)
    monkeypatch.setattr(partitioning, "UNBOUND_FOR", 0.0)
    run(ATTEMPT, new_id("msg"))
    with driver() as backup, backup_during(backup, monkeypatch):
        with pytest.raises(CommandError):
            command.upgrade(config, "0043")
        backup.execute("COMMIT")
    assert len(checks()) == 1
    [line] = [one.msg for one in caplog.records if one.name == partitioning.__name__]
    assert isinstance(line, dict)
    assert line["day"] > f"{utcnow() + timedelta(days=59):%Y-%m-%d}"
    run(line["statement"])
    assert checks() == []


@contextmanager
def backup_during(backup: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It reads the table from when the boundary is checked."""
    bound = partitioning._bound

    def bounded(*arguments: Any) -> None:
        bound(*arguments)
        backup.execute("BEGIN")
        backup.execute("SELECT 1 FROM attempts")

    monkeypatch.setattr(partitioning, "_bound", bounded)
    yield


@pytest.mark.parametrize("is_stopped", [True, False])
def test_sigterm_stops_a_migration_as_ctrl_c_does(
    config: Config, monkeypatch: pytest.MonkeyPatch, is_stopped: bool
) -> None:
    run(ATTEMPT, new_id("msg"))
    handler, switch = getsignal(SIGTERM), partitioning._switch

    def stopped(*arguments: Any) -> None:
        if is_stopped:
            raise_signal(SIGTERM)
        switch(*arguments)

    monkeypatch.setattr(partitioning, "_switch", stopped)
    with pytest.raises(KeyboardInterrupt) if is_stopped else nullcontext():
        command.upgrade(config, "0043")
    assert checks() == []
    assert getsignal(SIGTERM) == handler


@pytest.mark.parametrize(
    "id_", ["msg_zzz", "msg_v", floor_id("msg", datetime(2099, 1, 1).timestamp())]
)
def test_an_id_from_far_ahead_is_named(config: Config, id_: str) -> None:
    run(ATTEMPT, id_)
    with pytest.raises(CommandError, match=f"delivery_id {id_} .* Delete that row"):
        command.upgrade(config, "0043")
    run(ATTEMPT, new_id("msg"))


def test_a_downgrade_waits_briefly_and_says_so(
    partitioned: None, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "PATIENCE", "50ms")
    monkeypatch.setattr(columns, "TRIED_FOR", 0.0)
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM attempts")
        with pytest.raises(CommandError, match="the table attempts for long"):
            command.downgrade(config, "0042")
    assert known() != []


def test_looking_at_the_schema_changes_nothing(partitioned: None, config: Config) -> None:
    """A role that only reads may do it."""
    made = [one.name for one in known()]
    run(f"DROP TABLE {made[-1]}")
    command.current(config)
    assert [one.name for one in known()] == made[:-1]


def test_the_job_counts_rows_once_a_day(partitioned: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Autovacuum does not count those of a partitioned table as a whole."""
    counted = "SELECT reltuples FROM pg_class WHERE oid = 'attempts'::regclass"
    assert run(counted) == [(0,)]
    run(ATTEMPT, new_id("msg"))
    upkeep.make_partitions()
    assert run(counted) == [(0,)]
    monkeypatch.setattr(upkeep, "clock_of", lambda _: utcnow() + timedelta(days=1, minutes=1))
    upkeep.make_partitions()
    assert run(counted) == [(1,)]


def test_plans_do_not_expect_that_a_partition_stays_empty(
    partitioned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if somebody reads one of them for long: then an hour later."""
    monkeypatch.setattr(counted_rows, "LITTLE_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    empty = """
        SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'attempts'::regclass AND reltuples = 0"""
    run(ATTEMPT, id_ := new_id("msg"))
    assert run(empty) == []
    run("ANALYZE attempts")
    assert len(run(empty)) == len(known())
    with driver() as reader, reader.transaction():
        reader.execute("SELECT 1 FROM attempts_default")
        upkeep.make_partitions()
        assert run(empty) == [("attempts_default",)]
    upkeep.make_partitions()
    assert run(empty) == []
    assert run("SELECT delivery_id FROM attempts") == [(id_,)]


def test_a_table_that_stays_in_use_is_left_as_it_was(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "TRIED_FOR", 0.0)
    monkeypatch.setattr(partitioning, "_bound", lambda *_: None)
    run(ATTEMPT, new_id("msg"))
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM attempts")
        with pytest.raises(CommandError, match="the table attempts for long, perhaps a backup"):
            command.upgrade(config, "0043")
    assert known() == []
    command.upgrade(config, "0043")
    assert known()[0].name == "attempts_before"


def test_they_are_made_once(partitioned: None) -> None:
    made = [one.name for one in known()]
    assert make_ahead(db.engine, utcnow(), DAYS) == []
    run(f"DROP TABLE {made[-1]}")
    assert make_ahead(db.engine, utcnow(), DAYS) == [made[-1]]
    assert [one.name for one in known()] == made


def test_the_job_makes_them(partitioned: None, log_app: Flask) -> None:
    made = [one.name for one in known()]
    run(f"DROP TABLE {made[-1]}")
    upkeep.make_partitions()
    assert [one.name for one in known()] == made


def test_a_shorter_retention_goes_on_where_the_former_ended(partitioned: None) -> None:
    later = made_at(known()[-1].end) - timedelta(days=1)
    made = make_ahead(db.engine, later, 3)
    assert len(made) > 1
    assert all(one.end == other.start for one, other in pairwise(known()))


@pytest.mark.parametrize("size", [coming_partitions.SMALL, -1])
def test_what_came_while_none_was_made_stays_where_it_is(
    partitioned: None, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Whether the default partition is small or large. Later ones are made."""
    monkeypatch.setattr(coming_partitions, "SMALL", size)
    later = utcnow() + timedelta(days=100)
    ids = [id_at("msg", later), id_at("msg", later + timedelta(days=9))]
    for id_ in ids:
        run(ATTEMPT, id_)
    made = make_ahead(db.engine, later, DAYS)
    assert run("SELECT delivery_id FROM attempts_default ORDER BY 1") == [(one,) for one in ids]
    assert kept_at(later + timedelta(days=16)) == made[0]
    assert kept_at(later) == kept_at(later + timedelta(days=9)) == "attempts_default"
    assert constraints() == []
    assert make_ahead(db.engine, later, DAYS) == []


def test_a_full_default_partition_is_not_read_while_others_wait(
    partitioned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constraint proves before that it has no row of the new one."""
    monkeypatch.setattr(coming_partitions, "SMALL", -1)
    attach, seen = coming_partitions._attach, []

    def attached(*arguments: Any) -> bool:
        seen.extend(constraints())
        return attach(*arguments)

    monkeypatch.setattr(coming_partitions, "_attach", attached)
    later = utcnow() + timedelta(days=100)
    assert kept_at(later) == "attempts_default"
    made = make_ahead(db.engine, later, DAYS)
    assert seen == [(f"{name}_apart", True) for name in made]
    assert constraints() == []
    assert made


def test_a_constraint_that_was_left_behind_is_dropped(partitioned: None) -> None:
    left = "attempts_20990101_apart"
    run(f"ALTER TABLE attempts_default ADD CONSTRAINT {left} CHECK (delivery_id < 'msg_a')")
    assert make_ahead(db.engine, utcnow(), DAYS) == []
    assert constraints() == []


def constraints() -> list[Any]:
    return run("""
        SELECT conname, convalidated FROM pg_constraint
        WHERE conrelid = 'attempts_default'::regclass AND contype = 'c'""")


def test_a_table_that_is_no_partition_is_reported(
    partitioned: None, caplog: pytest.LogCaptureFixture
) -> None:
    name = known()[-1].name
    run(f"ALTER TABLE attempts DETACH PARTITION {name}")
    with caplog.at_level("WARNING", coming_partitions.__name__):
        assert make_ahead(db.engine, utcnow(), DAYS) == []
    assert name in [line.msg["table"] for line in caplog.records if isinstance(line.msg, dict)]
    run(f"DROP TABLE {name}")


def test_new_partitions_belong_to_whoever_owns_the_table(partitioned: None) -> None:
    for role in ("owning", "reading"):
        run(f"DROP OWNED BY {role}" if exists(role) else f"CREATE ROLE {role}")
    run("ALTER TABLE attempts OWNER TO owning")
    run("GRANT SELECT ON attempts TO reading")
    [name, *_] = make_ahead(db.engine, utcnow() + timedelta(days=30), DAYS)
    assert owner(name) == "owning"
    assert may("reading", name) == {"SELECT"}
    run("REASSIGN OWNED BY owning TO CURRENT_USER")
    for role in ("owning", "reading"):
        run(f"DROP OWNED BY {role}")
        run(f"DROP ROLE {role}")


def owner(table: str) -> str:
    [(name,)] = run("SELECT tableowner::text FROM pg_tables WHERE tablename = %s", table)
    return str(name)


def test_one_that_is_in_the_way_of_others_is_made_later(
    partitioned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others read and write meanwhile."""
    monkeypatch.setattr(coming_partitions, "PATIENCE", "SET LOCAL lock_timeout = '100ms'")
    later = utcnow() + timedelta(days=30)
    number = len(known())
    with driver() as backup, backup.transaction():
        backup.execute("SELECT 1 FROM attempts")
        assert make_ahead(db.engine, later, DAYS) == []
        assert kept_at(utcnow()) == known()[0].name
    assert len(known()) == number
    assert make_ahead(db.engine, later, DAYS) != []


def test_each_partition_compresses_as_its_table(partitioned: None) -> None:
    compressed = """
        SELECT attrelid::regclass::text, count(*) FROM pg_attribute
        WHERE attcompression = 'l' AND attrelid = ANY(
            SELECT inhrelid FROM pg_inherits WHERE inhparent = 'attempts'::regclass
        ) GROUP BY 1"""
    assert {number for _, number in run(compressed)} == {3}
    assert len(run(compressed)) == len(known()) + 1


def test_a_database_that_is_not_migrated_yet_has_none(config: Config, tmp_path: Path) -> None:
    assert make_ahead(db.engine, utcnow(), DAYS) == []
    app = create_app(settings_for(f"sqlite:///{tmp_path}/test.db", "", tmp_path))
    with app.app_context():
        assert make_ahead(db.engine, utcnow(), DAYS) == []
