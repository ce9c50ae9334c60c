"""Bulk writes on both databases."""

import pytest
from flask import Flask
from sqlalchemy import Table, text
from sqlalchemy.exc import IntegrityError, OperationalError

from webhooks_app.database.bulk import (
    COPY_FROM,
    force_index_scans,
    insert_rows,
    upsert_rows,
)
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Organisation

COLUMNS = ("id", "name", "plan", "time_zone", "subscriptions_version", "created_at")


def rows(count: int, name: str = "A\tname\nwith \\ and ü") -> list[tuple[object, ...]]:
    return [(f"org_{n}", name, "free", "UTC", 0, utcnow()) for n in range(count)]


def table() -> Table:
    return db.metadata.tables["organisations"]


@pytest.mark.parametrize("count", [0, 1, COPY_FROM - 1, COPY_FROM, 1000])
def test_what_is_written_is_what_was_given(app: Flask, count: int) -> None:
    given = rows(count)
    with db.engine.begin() as connection:
        insert_rows(connection, table(), COLUMNS, given)
    found = db.session.query(Organisation).all()
    assert {(o.id, o.name, o.created_at) for o in found} == {(r[0], r[1], r[5]) for r in given}


@pytest.mark.parametrize("count", [2, COPY_FROM + 1])
def test_a_refused_row_raises_sqlalchemys_error(app: Flask, count: int) -> None:
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        insert_rows(connection, table(), COLUMNS, [*rows(count), *rows(1)])
    assert db.session.query(Organisation).count() == 0


def test_a_connection_that_broke_is_not_used_again(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        db.session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as raised:
            insert_rows(connection, table(), COLUMNS, rows(COPY_FROM))
    assert raised.value.connection_invalidated
    with db.engine.begin() as connection:
        insert_rows(connection, table(), COLUMNS, rows(COPY_FROM))


def test_an_upsert_adds_up(app: Flask) -> None:
    statement = """
        INSERT INTO organisations (id, name, plan, time_zone, subscriptions_version, created_at)
        {rows} ON CONFLICT (id) DO UPDATE
        SET subscriptions_version = organisations.subscriptions_version + 1"""
    types = ("text", "text", "text", "text", "int", "timestamptz")
    for _ in range(3):
        with db.engine.begin() as connection:
            upsert_rows(connection, statement, types, rows(4))
    assert [o.subscriptions_version for o in db.session.query(Organisation)] == [2] * 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_rows_that_are_found_by_their_keys_start_no_workers(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL force_parallel_mode = on"))
        plan = text("EXPLAIN SELECT count(*) FROM deliveries")
        assert "Gather" in str(connection.execute(plan).all())
        force_index_scans(connection)
        assert "Gather" not in str(connection.execute(plan).all())
