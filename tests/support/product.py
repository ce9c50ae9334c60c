"""The product in this process, served over a real socket, with an engine if a test wants one."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import pytest
from flask import Flask
from flask_migrate import upgrade
from werkzeug.serving import make_server

from tests import factories
from tests.conftest import settings_for
from tests.support.servers import RedisServer, create_database
from webhooks_app import create_app
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.vocabulary import Role

NUMBERS = count()


@dataclass(frozen=True)
class Product:
    app: Flask
    url: str

    def key(self, mode: str = "test", scopes: list[str] | None = None) -> str:
        """A key of a new organisation."""
        return self.key_and_organisation(mode, scopes)[0]

    def key_and_organisation(
        self, mode: str = "test", scopes: list[str] | None = None
    ) -> tuple[str, str]:
        with self.app.app_context():
            organisation = factories.organisation()
            owner = factories.user(f"{organisation.id}@example.com")
            factories.member(organisation, owner, Role.OWNER)
            made = factories.api_key(organisation, mode, scopes, created_by=owner.id)
            found = made, organisation.id
            db.session.remove()
            return found


@pytest.fixture(scope="module")
def product(
    request: pytest.FixtureRequest,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Product]:
    """On SQLite, or on what a module parametrises it with: `sqlite` or `postgresql`."""
    folder = tmp_path_factory.mktemp("product")
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "hookline.db")
        database = f"sqlite:///{folder}/hookline.db"
    else:
        server = request.getfixturevalue("postgres_url")
        database = create_database(server, f"hookline_product_{os.getpid()}_{next(NUMBERS)}")
    app = create_app(settings_for(database, redis_server.url, folder))
    with app.app_context():
        upgrade()
    with serving(app) as url:
        yield Product(app, url)


@pytest.fixture(scope="module")
def engine(product: Product) -> Iterator[Engine]:
    """Delivers at once."""
    with product.app.app_context():
        engine = Engine(engine_parts(product.app), look_every=0.05)
    engine.start()
    yield engine
    engine.stop()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        with app.app_context():
            db.engine.dispose()
