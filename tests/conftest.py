"""Fixtures: real servers, a clean database for each test, sockets to loopback only."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextvars import Context
from functools import cache, partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from werkzeug.test import TestResponse

from tests.support import documented, places, tenancy, url_rules
from tests.support.engine import deliver_all, running
from tests.support.kept_apps import KeptApps
from tests.support.receiver import Receiver
from tests.support.servers import (
    PostgresServer,
    RedisServer,
    create_database,
)
from tests.support.sizes import DRILL, lines_of_what_ran, pytest_collection_modifyitems
from tests.support.skips import pytest_make_collect_report, pytest_runtest_makereport
from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.lib.crypto import new_key
from webhooks_app.parts import parts_of

__all__ = [  # hooks
    "pytest_collection_modifyitems",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
]

SECRET_KEY, ENCRYPTION_KEY = new_key(), new_key()
MEASURED = "measured"
MEMORY = Path("/dev/shm")


# No deadline: a busy machine is not a fault. In CI the examples are always the same, so that a
# failure is about the commit; everywhere else they are new each time.
hypothesis.settings.register_profile(
    "hookline",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    max_examples=5000 if DRILL else 100,
    print_blob=True,
)
hypothesis.settings.load_profile("hookline")
url_rules.compile_once()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        *terminalreporter.getreports("passed"),
        *terminalreporter.getreports("failed"),
    ]
    properties = [one.user_properties for one in reports if one.when == "call"]
    measured = [line for one in properties for name, line in one if name == MEASURED]
    for title, lines in (("measured", measured), ("what ran", lines_of_what_ran(properties))):
        if lines:
            terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(str(line))


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """A test that tries to reach beyond this machine fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "localhost"
        if host not in ("localhost", "") and not ip_address(host).is_loopback:
            raise AssertionError(f"a test tried to connect to {address}")
        return connect(self, address)  # type: ignore[arg-type]

    socket.socket.connect = guarded  # type: ignore[assignment,method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _watch_tenancy() -> None:
    tenancy.watch()


@pytest.fixture(autouse=True)
def _tenancy_by_one_way(_watch_tenancy: None) -> Iterator[None]:
    """A query of the product that compares an organisation or mode by hand fails its test."""
    yield
    by_hand, tenancy.found[:] = list(tenancy.found), []
    assert by_hand == []


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that a test may stop, freeze and empty."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server: `TEST_POSTGRES_URL`, or our own.

    Not in one of pytest's folders, which later runs of pytest delete.
    """
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    with TemporaryDirectory(prefix="hookline-") as folder:
        # Tests that stop PostgreSQL start their own; this one need not outlive the machine.
        server = PostgresServer(Path(folder), ["fsync=off", "full_page_writes=off"])
        server.create()
        yield server.url
        server.stop("immediate")


def settings_for(database_url: str, redis_url: str, folder: Path, **more: object) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=folder,
        secret_key=SECRET_KEY,
        encryption_keys=ENCRYPTION_KEY,
        allowed_networks="127.0.0.0/8",
        log_level="ERROR",
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """In memory if there is room: SQLite waits for the disk at each commit."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**31
    with TemporaryDirectory(prefix="hookline-", dir=MEMORY if has_room else None) as name:
        folder = Path(name)
        _migrate(settings_for(f"sqlite:///{folder}/template.db", "", folder))
        yield folder / "template.db"


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database, emptied before each test that uses it."""
    url = create_database(postgres_url, f"hookline_test_{os.getpid()}")
    _migrate(settings_for(url, "", tmp_path_factory.mktemp("migrate")))
    return url


def _migrate(settings: Settings) -> None:
    with create_app(settings).app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{_copied(request.getfixturevalue('sqlite_template'))}"
    url = str(request.getfixturevalue("postgres_database"))
    empty(url)
    return url


def _copied(template: Path) -> Path:
    """A link to a new copy: a thread of the last test that opens it late finds one whole file.

    SQLite keeps the log of changes beside the file that the link leads to.
    """
    link, spare = template.with_name("test.db"), template.with_name("spare.db")
    last = link.resolve() if link.exists() else spare
    copy = template.with_name(f"{uuid4().hex}.db")
    shutil.copy(template, copy)
    spare.symlink_to(copy)
    spare.replace(link)
    for file in last.parent.glob(f"{last.name}*"):
        file.unlink(missing_ok=True)
    return link


def empty(url: str) -> None:
    """Row by row: truncating so many tables takes longer than most tests.

    By one connection: a new one first learns all tables.
    """
    statements = (f"DELETE FROM {table.name}" for table in reversed(db.metadata.sorted_tables))
    _connected(url).execute("; ".join(statements))


@cache
def _connected(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def settings(database_url: str, redis_server: RedisServer, data_dir: Path) -> Settings:
    return settings_for(database_url, redis_server.url, data_dir)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Compiling them takes longer than most requests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


class Client(FlaskClient):
    """Each request has its own application context, as in production, though the test has one too.

    The test holds no transaction during the request: SQLite would wait for it. Answers of the API
    are checked against its document. Addresses of pages are short, see `tests.support.places`.
    """

    is_short = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = self.unchecked(*args, **kwargs)
        documented.check(self.application, response)
        return response

    def unchecked(self, *args: Any, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.rollback()
        path, *rest = args or (kwargs.pop("path", "/"),)

        def ask(path: object) -> TestResponse:
            return Context().run(super(Client, self).open, path, *rest, **kwargs)

        if self.is_short:
            return places.asked(self, path, kwargs.get("method", "GET"), ask)
        return ask(path)


@pytest.fixture(scope="session")
def kept_apps(compiled_templates: BytecodeCache) -> KeptApps:
    def make(settings: Settings) -> Flask:
        app = create_app(settings)
        app.jinja_env.bytecode_cache = compiled_templates
        app.test_client_class = Client
        return app

    return KeptApps(make)


@pytest.fixture
def app(settings: Settings, redis_server: RedisServer, kept_apps: KeptApps) -> Iterator[Flask]:
    """The app, in its context, on an empty database and an empty Redis."""
    redis_server.empty()
    app = kept_apps.take(settings)
    with app.app_context():
        yield app
        parts_of(app).doorbell.settle()  # otherwise it would ring in the next test
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def drain(app: Flask) -> Iterator[Callable[[], None]]:
    """Deliver everything due now with a real engine, and record it."""
    with running(engine_parts(app)) as engine:
        yield partial(deliver_all, engine)
