"""A CHECK constraint goes from a SQLite table without a copy of its rows."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from webhooks_app.migrations import sqlite_checks
from webhooks_app.migrations.sqlite_checks import drop_check, without_check

TABLE = """CREATE TABLE logs (
	id INTEGER NOT NULL, at TEXT DEFAULT (',('), 
	CONSTRAINT pk_logs PRIMARY KEY (id), 
	CONSTRAINT ck_logs_at CHECK ({rule}){after}
)"""
CHECKS = st.sampled_from(
    ("at <> ')'", "(at IS NULL) = (id IN (1, 2))", "at <> 'it''s (' OR id > 1", "((id) > 0)")
)
OTHERS = st.sampled_from(("", ", CONSTRAINT ck_logs_at_all CHECK (id > 0)"))


@given(CHECKS, OTHERS)
def test_only_that_constraint_goes(rule: str, after: str) -> None:
    definition = TABLE.format(rule=rule, after=after)
    bare = without_check(definition, "ck_logs_at")
    assert bare == definition.replace(f", \n\tCONSTRAINT ck_logs_at CHECK ({rule})", "")
    with closing(sqlite3.connect(":memory:")) as nowhere:
        nowhere.execute(bare)
    assert without_check(bare, "ck_logs_at") == bare


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """On a table with a row and an index, as a migration uses it."""
    engine = create_engine(f"sqlite:///{tmp_path}/checks.db")
    with engine.connect() as connection:
        connection.execute(text(TABLE.format(rule="at <> 'x'", after="")))
        connection.execute(text("CREATE INDEX ix_logs_at ON logs (at)"))
        connection.execute(text("INSERT INTO logs VALUES (1, 'a')"))
        connection.commit()
        with Operations.context(MigrationContext.configure(connection)):
            yield connection
    engine.dispose()


REFUSED = "INSERT INTO logs VALUES (2, 'x')"


def root_page(connection: Connection) -> int:
    found = connection.scalar(text("SELECT rootpage FROM sqlite_master WHERE name = 'logs'"))
    return int(found or 0)


@pytest.mark.parametrize("is_forbidden", [False, True])
def test_rows_that_it_refused_are_stored_afterwards(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, is_forbidden: bool
) -> None:
    """By others too, who had the table open. A build of SQLite may forbid it: it is copied then."""

    def forbidden(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("table sqlite_master may not be modified"))

    if is_forbidden:
        monkeypatch.setattr(sqlite_checks, "_define", forbidden)
    page = root_page(connection)
    with connection.engine.connect() as other:
        with pytest.raises(IntegrityError):
            other.execute(text(REFUSED))
        other.rollback()
        drop_check("logs", "ck_logs_at")
        connection.commit()
        other.execute(text(REFUSED))
        other.commit()
    assert connection.scalar(text("SELECT group_concat(at) FROM logs")) == "a,x"
    assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    assert connection.scalar(text("PRAGMA writable_schema")) == 0
    assert (root_page(connection) == page) != is_forbidden
    drop_check("logs", "ck_logs_at")


def test_it_stays_if_the_migration_is_undone(connection: Connection) -> None:
    connection.commit()
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    drop_check("logs", "ck_logs_at")
    connection.rollback()
    with pytest.raises(IntegrityError):
        connection.execute(text(REFUSED))
