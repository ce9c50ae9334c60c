"""The migrations create what the models declare, on both databases, and undo it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask, current_app
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tests import factories
from tests.conftest import settings_for
from tests.support import older
from tests.support.engine import deliveries, queue_rows
from tests.support.raw_sql import driver
from tests.support.servers import create_database, wait_until
from tests.support.statements import statements
from webhooks_app import create_app
from webhooks_app.database.boundaries import MIGRATING
from webhooks_app.engine.adoption import adopt_some
from webhooks_app.engine.claim import claim
from webhooks_app.engine.claim_request import ClaimRequest
from webhooks_app.extensions import db
from webhooks_app.launch.migrate import migrate
from webhooks_app.lib.folders import PACKAGE
from webhooks_app.lib.times import utcnow
from webhooks_app.migrations import columns, progress
from webhooks_app.migrations.partitioning import is_declared
from webhooks_app.models import ApiKey, Invitation, MailRecipient, Membership, NotificationRead
from webhooks_app.operations.schema import revisions
from webhooks_app.organisations.audit_log import Actor, act_as
from webhooks_app.people import api_keys, invitations
from webhooks_app.vocabulary import Role

# SQLAlchemy warns about its own word for a constraint that is `NOT VALID`, as one of events is.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Can't validate argument 'dialect_options':sqlalchemy.exc.SAWarning"
)


def differences(connection: Connection) -> list[Any]:
    """Between what the migrations made and what the models declare."""
    options = {"compare_type": True, "include_name": is_declared}
    found: list[Any] = compare_metadata(
        MigrationContext.configure(connection, opts=options), db.metadata
    )
    return found


def test_the_schema_is_that_of_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        assert differences(connection) == []


def test_the_names_of_the_files_are_the_revisions_in_order() -> None:
    script = ScriptDirectory(str(PACKAGE / "migrations"))
    assert revisions() == tuple(one.revision for one in script.walk_revisions())[::-1]


WIDE = {
    "events": ("data",),
    "attempts": ("request_headers", "response_headers", "response_body"),
}


def undone(url: str, folder: Path) -> set[str]:
    app = create_app(settings_for(url, "", folder))
    migrate(app)
    migrate(app)
    with app.app_context():
        command.downgrade(app.extensions["migrate"].migrate.get_config(), "base")
        left = set(inspect(db.engine).get_table_names())
        db.engine.dispose()
    return left


def test_what_an_organisation_had_read_each_of_its_members_has_read(
    postgres_url: str, tmp_path: Path
) -> None:
    postgres = create_database(postgres_url, "hookline_reads")
    for url in (f"sqlite:///{tmp_path}/test.db", postgres):
        app = create_app(settings_for(url, "", tmp_path))
        with app.app_context():
            config = app.extensions["migrate"].migrate.get_config()
            command.upgrade(config, "0012")
            db.session.execute(
                text(
                    "INSERT INTO organisations"
                    " (id, name, plan, time_zone, subscriptions_version, created_at)"
                    " VALUES ('org_1', 'Acme', 'self_hosted', 'UTC', 0, :at)"
                ),
                {"at": utcnow()},
            )
            members = {factories.user(f"{name}@example.com").id for name in ("ada", "bob")}
            factories.user("eve@example.com")
            for user_id in members:
                db.session.add(Membership(organisation_id="org_1", user_id=user_id, role="owner"))
            db.session.flush()
            for id_, read_at in (("ntf_1", utcnow()), ("ntf_2", None)):
                db.session.execute(
                    text(
                        "INSERT INTO notifications (id, organisation_id, mode, kind, title, body,"
                        " created_at, read_at) VALUES (:id, :of, 'live', 'k', 't', 'b', :at, :read)"
                    ),
                    {"id": id_, "of": "org_1", "at": utcnow(), "read": read_at},
                )
            db.session.commit()

            command.upgrade(config, "head")
            reads = db.session.execute(select(NotificationRead.__table__)).all()
            assert set(reads) == {("ntf_1", user_id) for user_id in members}
            db.session.add(NotificationRead(notification_id="ntf_2", user_id=min(members)))
            db.session.commit()
            command.downgrade(config, "0012")
            unread = text("SELECT count(*) FROM notifications WHERE read_at IS NULL")
            assert db.session.scalar(unread) == 0
            db.session.remove()
            db.engine.dispose()


def test_a_migration_that_was_interrupted_while_it_built_an_index_can_run_again(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each that commits before it builds."""
    script = ScriptDirectory(str(PACKAGE / "migrations"))
    in_parts = [
        one
        for one in reversed(list(script.walk_revisions()))
        if "autocommit_block" in Path(one.path).read_text()
    ]
    assert len(in_parts) >= 4
    postgres = create_database(postgres_url, "hookline_interrupted")
    for url in (f"sqlite:///{tmp_path}/interrupted.db", postgres):
        app = create_app(settings_for(url, "", tmp_path))
        with app.app_context():
            config = app.extensions["migrate"].migrate.get_config()
            for one in in_parts:
                command.upgrade(config, str(one.down_revision))
                with monkeypatch.context() as broken:
                    broken.setattr(op, "create_index", interrupted)
                    with pytest.raises(InterruptedError):
                        command.upgrade(config, one.revision)
                command.upgrade(config, one.revision)
            command.upgrade(config, "head")
            with db.engine.connect() as connection:
                assert differences(connection) == []
            db.engine.dispose()


def interrupted(*_: object, **__: object) -> None:
    raise InterruptedError


@pytest.fixture
def before_a_column(postgres_url: str, tmp_path: Path) -> Iterator[Config]:
    """At 0039; the next revision adds a column to `deliveries`."""
    url = create_database(postgres_url, "hookline_column")
    app = create_app(settings_for(url, "", tmp_path))
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0039")
        yield config
        db.session.remove()
        db.engine.dispose()


def has_column() -> bool:
    return "delayed" in {one["name"] for one in inspect(db.engine).get_columns("deliveries")}


WAITS = text(
    "SELECT count(*) FROM pg_locks WHERE relation = 'deliveries'::regclass"
    " AND mode = 'AccessExclusiveLock' AND NOT granted"
)


def test_a_new_column_waits_for_who_reads_the_table_and_holds_up_nobody_else(
    before_a_column: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "TRIED_FOR", 600.0)
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def upgrade() -> None:
        with app.app_context():
            command.upgrade(before_a_column, "0040")

    with db.engine.connect() as observer, ThreadPoolExecutor(1) as thread:
        observer = observer.execution_options(isolation_level="AUTOCOMMIT")
        with db.engine.begin() as backup:
            backup.execute(text("SELECT 1 FROM deliveries"))
            upgraded = thread.submit(upgrade)
            wait_until(lambda: bool(observer.scalar(WAITS)))
            with db.engine.begin() as writer:
                writer.execute(text("SET LOCAL lock_timeout = '60s'"))
                writer.execute(text("LOCK TABLE deliveries IN ROW EXCLUSIVE MODE"))
            assert not upgraded.done()
        upgraded.result()
    assert has_column()


def test_a_new_column_is_given_up_with_a_sentence_if_the_table_stays_in_use(
    before_a_column: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "TRIED_FOR", 0.0)
    with db.engine.begin() as backup:
        backup.execute(text("SELECT 1 FROM deliveries"))
        with pytest.raises(CommandError, match="the table deliveries for long, perhaps a backup"):
            command.upgrade(before_a_column, "head")
    assert not has_column()
    command.upgrade(before_a_column, "head")
    assert has_column()


def test_no_table_is_locked_while_the_next_is_waited_for(
    before_a_column: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`events` is free again when `attempts` is tried, and also after the last."""
    command.upgrade(before_a_column, "0040")
    free, tried = text("LOCK TABLE events IN ACCESS SHARE MODE NOWAIT"), []
    execute = op.execute

    def observed(statement: str) -> None:
        if statement.startswith("ALTER TABLE attempts"):
            with db.engine.begin() as reader:
                reader.execute(free)
            tried.append(statement)
        execute(statement)

    monkeypatch.setattr(op, "execute", observed)
    command.upgrade(before_a_column, "0041")
    assert len(tried) == 1


def test_a_migration_that_takes_long_says_what_it_does(
    before_a_column: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(columns, "TRIED_FOR", 600.0)
    monkeypatch.setattr(progress, "EVERY", 0.05)
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def upgrade() -> None:
        with app.app_context():
            command.upgrade(before_a_column, "0040")

    def waits() -> bool:
        return any(
            one["statement"].startswith("ALTER TABLE deliveries ADD COLUMN")
            for one in progress_said(caplog)
            if one.get("waits_for_a_lock")
        )

    with caplog.at_level("INFO", progress.__name__), ThreadPoolExecutor(1) as thread:
        with db.engine.begin() as backup:
            backup.execute(text("SELECT 1 FROM deliveries"))
            upgraded = thread.submit(upgrade)
            wait_until(waits)
        upgraded.result()


def test_one_that_waits_for_another_says_so(
    before_a_column: Config, caplog: pytest.LogCaptureFixture
) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def upgrade() -> None:
        with app.app_context():
            command.upgrade(before_a_column, "0040")

    def waits() -> bool:
        return any("another process migrates" in str(one.msg) for one in caplog.records)

    with caplog.at_level("INFO", "webhooks_app.migrations"), ThreadPoolExecutor(1) as thread:
        with driver() as other:
            other.execute(f"SELECT pg_advisory_lock({MIGRATING})")
            upgraded = thread.submit(upgrade)
            wait_until(waits)
            assert not has_column()
        upgraded.result()
    assert has_column()


@pytest.fixture
def sqlite_config(tmp_path: Path) -> Iterator[Config]:
    """At 0038."""
    app = create_app(settings_for(f"sqlite:///{tmp_path}/long.db", "", tmp_path))
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "0038")
        yield config
        db.engine.dispose()


def test_a_migration_of_sqlite_says_which_revision_was_the_last(
    sqlite_config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    create_index = op.create_index

    def slow(*arguments: Any, **options: Any) -> None:
        wait_until(lambda: any(one["last_applied"] == "0039" for one in progress_said(caplog)))
        create_index(*arguments, **options)

    monkeypatch.setattr(progress, "EVERY", 0.05)
    monkeypatch.setattr(op, "create_index", slow)
    with caplog.at_level("INFO", progress.__name__):
        command.upgrade(sqlite_config, "0040")


def test_no_large_table_of_sqlite_is_copied_any_more(sqlite_config: Config) -> None:
    """While it is, nobody can store an event. 0021 was the last to copy one."""
    copies = tuple(f"_alembic_tmp_{one}" for one in ("events", "deliveries", "attempts"))
    with statements() as seen:
        command.upgrade(sqlite_config, "head")
    assert len(seen) > 20
    assert [one for one in seen if any(copy in one for copy in copies)] == []


def progress_said(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [
        one.msg
        for one in caplog.records
        if one.name == progress.__name__ and isinstance(one.msg, dict)
    ]


def indexes() -> set[str | None]:
    return {one["name"] for one in inspect(db.engine).get_indexes("deliveries")}


def test_an_older_version_gets_back_an_index_that_was_dropped(
    postgres_url: str, tmp_path: Path
) -> None:
    postgres = create_database(postgres_url, "hookline_index")
    for url in (f"sqlite:///{tmp_path}/index.db", postgres):
        app = create_app(settings_for(url, "", tmp_path))
        with app.app_context():
            config = app.extensions["migrate"].migrate.get_config()
            command.upgrade(config, "head")
            assert "ix_deliveries_due" not in indexes()
            command.downgrade(config, "0039")
            assert "ix_deliveries_due" in indexes()
            assert "ix_deliveries_ready" not in indexes()
            db.session.remove()
            db.engine.dispose()


def test_they_can_be_undone_on_sqlite(tmp_path: Path) -> None:
    assert undone(f"sqlite:///{tmp_path}/test.db", tmp_path) == {"alembic_version"}


def test_they_can_be_undone_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    url = create_database(postgres_url, "hookline_undone")
    assert undone(url, tmp_path) == {"alembic_version"}


def test_who_was_mailed_before_has_confirmed_and_keys_know_who_made_them(
    postgres_url: str, tmp_path: Path
) -> None:
    postgres = create_database(postgres_url, "hookline_recipients")
    for url in (f"sqlite:///{tmp_path}/recipients.db", postgres):
        app = create_app(settings_for(url, "", tmp_path))
        with app.app_context():
            migrate(app)
            organisation, user = factories.organisation(), factories.user("ada@example.com")
            to = ["Team@example.com", "boss@example.com"]
            factories.action(organisation, "", channel="email", email_to=to, confirmed=False)
            gone = {"email_to": ["gone@example.com"], "deleted_at": utcnow()}
            factories.action(organisation, "", channel="email", confirmed=False, **gone)
            act_as(Actor.person(user))
            key, _ = api_keys.create_api_key(db.session(), organisation.id, "live", "Backend")
            factories.api_key(organisation, name="Unknown")
            invitations.invite(db.session(), organisation, "eve@example.com", Role.VIEWER)
            key_id, user_id = key.id, user.id
            db.session.remove()
            config = app.extensions["migrate"].migrate.get_config()
            command.downgrade(config, "0018")
            command.upgrade(config, "head")
            found = db.session.query(MailRecipient).order_by(MailRecipient.address).all()
            assert [one.address for one in found] == ["boss@example.com", "team@example.com"]
            assert all(one.confirmed_at for one in found)
            made = {
                one.name: (one.created_by, one.created_by_name) for one in db.session.query(ApiKey)
            }
            assert made == {"Backend": (user_id, "ada@example.com"), "Unknown": (None, None)}
            assert db.session.get_one(ApiKey, key_id).expires_at is None
            assert db.session.query(Invitation).one().invited_by_id == user_id
            db.session.remove()
            db.engine.dispose()


def test_wide_columns_are_compressed_with_lz4(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless somebody holds the table for long: then that table stays as it was."""
    url = create_database(postgres_url, "hookline_lz4")
    app = create_app(settings_for(url, "", tmp_path))
    compressed = text(
        "SELECT attrelid::regclass::text || '.' || attname FROM pg_attribute"
        " WHERE attcompression = 'l' AND attrelid IN ('events'::regclass, 'attempts'::regclass)"
    )
    events = {f"events.{one}" for one in WIDE["events"]}
    attempts = {f"attempts.{one}" for one in WIDE["attempts"]}
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "head")
        assert set(db.session.scalars(compressed)) == events | attempts
        db.session.rollback()
        command.downgrade(config, "0040")
        assert set(db.session.scalars(compressed)) == set()
        db.session.rollback()
        with db.engine.begin() as reader:
            reader.execute(text("SELECT 1 FROM events"))
            command.upgrade(config, "0041")
            assert set(db.session.scalars(compressed)) == attempts
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def with_queue(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path
) -> Iterator[Config]:
    """At the newest revision: one delivery waits, one is being sent, and one was cancelled by an
    older web server, which left its row of the queue."""
    url = f"sqlite:///{tmp_path}/queue.db"
    if request.param == "postgresql":
        url = create_database(postgres_url, "hookline_queue")
    app = create_app(settings_for(url, "", tmp_path))
    with app.app_context():
        config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, "head")
        organisation = factories.organisation()
        webhook = factories.webhook(organisation, "https://a.example")
        factories.accepted(organisation, *[factories.lead() for _ in range(3)])
        request_ = ClaimRequest(limit=1, free={webhook.id: 1})
        db.session.rollback()
        [claimed] = claim(db.engine, request_, timedelta(minutes=5))
        _, stale = sorted(one.id for one in deliveries() if one.id != claimed.delivery_id)
        older.run(f"UPDATE deliveries SET status = 'cancelled' WHERE id = '{stale}'")
        yield config
        db.session.remove()
        db.engine.dispose()


OLDER_ROWS = "SELECT status, due_at IS NOT NULL FROM deliveries ORDER BY status"


def test_the_queue_is_handed_back_to_the_version_before_and_taken_over_again(
    with_queue: Config,
) -> None:
    command.downgrade(with_queue, "0044")
    assert db.session.execute(text(OLDER_ROWS)).all() == [
        ("cancelled", False),
        ("pending", True),
        ("sending", True),
    ]
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE deliveries SET due_at = NULL"))
    db.session.rollback()
    command.upgrade(with_queue, "head")
    with db.engine.begin() as connection:
        assert adopt_some(connection) == 2
    leases = [one.leased_until and one.leased_until - utcnow() for one in queue_rows()]
    [lease] = [one for one in leases if one]
    assert timedelta(minutes=4) < lease < timedelta(minutes=5)
    assert {one.undelivered for one in deliveries()} == {None, "cancelled"}


def test_an_upgrade_to_the_queue_that_was_stopped_is_repeated(
    with_queue: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.downgrade(with_queue, "0044")

    def stopped(*_: object, **__: object) -> None:
        raise RuntimeError("stopped")

    for step in ("create_table", "create_index"):
        with monkeypatch.context() as patched:
            patched.setattr(op, step, stopped)
            with pytest.raises(RuntimeError, match="stopped"):
                command.upgrade(with_queue, "head")
        db.session.remove()
        db.engine.dispose()
    command.upgrade(with_queue, "0045")
    with monkeypatch.context() as patched:
        patched.setattr(op, "create_index", stopped)
        with pytest.raises(RuntimeError, match="stopped"):
            command.upgrade(with_queue, "head")
    command.upgrade(with_queue, "head")
    assert "ix_deliveries_not_delivered" in indexes()
    assert "ix_deliveries_undelivered" not in indexes()
    assert {one.undelivered for one in deliveries()} == {None, "cancelled"}


def test_whoever_changes_the_status_the_column_for_the_index_follows(with_queue: Config) -> None:
    """Also code of the version before, which does not know the column."""
    for status, expected in (("failed", "failed"), ("delivered", None), ("cancelled", "cancelled")):
        older.run(f"UPDATE deliveries SET status = '{status}'")
        assert {one.undelivered for one in deliveries()} == {expected}
