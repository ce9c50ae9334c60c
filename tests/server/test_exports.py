"""Exports over a real web server: bounded in memory, in threads and in transactions."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import insert, text

from tests.conftest import MEASURED, settings_for
from tests.server.conftest import Site, organisation_of, running
from tests.server.wire import connect, head
from tests.support.servers import RedisServer, free_port, wait_until
from webhooks_app import create_app
from webhooks_app.extensions import db
from webhooks_app.lib.ids import new_id
from webhooks_app.lib.times import utcnow
from webhooks_app.models import AuditEntry

BATCH = 500
DETAIL = {"text": "x" * 10_000}
ALLOWED = 64_000_000  # bytes of memory more than before
LINES = {"Accept": "application/x-ndjson"}
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE xact_start IS NOT NULL"
    " AND datname = current_database() AND pid <> pg_backend_pid()"
)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/api/v1/audit-log"


@pytest.fixture
def busy(database_url: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Site]:
    """A site where an organisation may run two exports, with an audit log of 40 MB."""
    settings = settings_for(database_url, redis_server.url, tmp_path, port=free_port())
    app = create_app(settings)
    site = Site(settings.port, *organisation_of(app), log=tmp_path / "web.log", app=app)
    add_entries(site, 4_000)
    with running(site, settings):
        yield site


def add_entries(site: Site, number: int) -> None:
    with site.app.app_context():
        for _ in range(number // BATCH):
            db.session.execute(insert(AuditEntry), [entry(site) for _ in range(BATCH)])
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def entry(site: Site) -> dict[str, object]:
    return {
        "id": new_id("aud"),
        "organisation_id": site.organisation_id,
        "actor": "Ada",
        "action": "webhook.created",
        "target_type": "webhook",
        "target_id": "whk_1",
        "target_name": "CRM",
        "detail": DETAIL,
        "created_at": utcnow(),
    }


def ask(site: Site) -> requests.Response:
    url = f"{site.url}{PATH}"
    return requests.get(url, headers=site.authorization | LINES, stream=True, timeout=60)


@ON_SQLITE
def test_more_than_100_mb_with_little_memory(
    busy: Site, record_property: Callable[[str, object], None]
) -> None:
    add_entries(busy, 8_000)
    before = busy.peak()
    with ask(busy) as answer:
        got = sum(len(part) for part in answer.iter_content(1_000_000))
    more = busy.peak() - before
    record_property(MEASURED, f"an export of {got / 10**6:.0f} MB: {more / 10**6:.0f} MB of memory")
    assert got > 100_000_000
    assert more < ALLOWED


def test_those_that_nobody_reads_hold_neither_others_nor_the_database(busy: Site) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            wire = stack.enter_context(connect(busy.port))
            key = busy.authorization["Authorization"]
            wire.sendall(head(f"GET {PATH}", authorization=key, accept=LINES["Accept"]))
            assert wire.recv(12) == b"HTTP/1.1 200"
        with ask(busy) as refused:
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) > 0
            assert "exports" in refused.json()["detail"]
        assert busy.answers()
        wait_until(lambda: is_free(busy))
    wait_until(lambda: ask(busy).status_code == 200)


def is_free(site: Site) -> bool:
    """Whether nobody is inside a transaction."""
    with site.app.app_context():
        if db.engine.name == "sqlite":
            with closing(sqlite3.connect(str(db.engine.url.database))) as file:
                [is_locked, _, _] = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not is_locked
        with db.engine.connect() as connection:
            return connection.scalar(text(OTHERS)) == 0


@ON_SQLITE
def test_a_database_that_goes_away_leaves_no_file_that_looks_complete(busy: Site) -> None:
    with ask(busy) as answer:
        parts = answer.iter_content(100_000)
        next(parts)
        with busy.app.app_context():
            db.session.execute(text("ALTER TABLE audit_log RENAME TO gone"))
            db.session.commit()
            db.session.remove()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(parts)
    assert "answer cut off" in busy.log.read_text()
