"""A web server as the product starts it, for raw sockets."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import delete, update

from tests import factories
from tests.conftest import ENCRYPTION_KEY, SECRET_KEY, settings_for
from tests.support.servers import PATIENCE, RedisServer, free_port, wait_until
from webhooks_app import create_app
from webhooks_app.config import Settings
from webhooks_app.extensions import db
from webhooks_app.launch import children
from webhooks_app.lib.folders import PACKAGE
from webhooks_app.lib.times import utcnow
from webhooks_app.models import Attempt, Delivery, Queued, Subscription
from webhooks_app.vocabulary import Role


@dataclass
class Site:
    port: int
    key: str
    inbox: str
    organisation_id: str
    log: Path
    app: Flask
    process: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def restore_examples(self) -> None:
        """What the examples are about, as often as one of them deletes it.

        Listeners are ended: an organisation may have only a few.
        """
        with self.app.app_context():
            listeners = update(Subscription).where(Subscription.is_listener)
            db.session.execute(listeners.values(deleted_at=utcnow()))
            db.session.commit()
            factories.example_rows(self.organisation_id)
            db.session.remove()

    def forget_deliveries(self) -> None:
        """Replays double them, and examples list them all."""
        with self.app.app_context():
            db.session.execute(delete(Attempt))
            db.session.execute(delete(Queued))
            db.session.execute(delete(Delivery))
            db.session.commit()
            db.session.remove()

    def peak(self) -> int:
        """The most memory that the process that serves has ever had, in bytes."""
        return peak_of(self.process)

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=PATIENCE).ok
        except requests.RequestException:
            return False


def peak_of(server: int) -> int:
    """The most memory that the process that serves has ever had, in bytes."""
    [child] = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    status = Path(f"/proc/{child}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.fixture(scope="module")
def site(
    sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "hookline.db")
    database = f"sqlite:///{folder}/hookline.db"
    settings = settings_for(database, redis_server.url, folder, port=free_port())
    app = create_app(settings)
    site = Site(settings.port, *organisation_of(app), log=folder / "web.log", app=app)
    with running(site, settings, API_RATE_LIMIT="1000000 per minute"):
        yield site


@contextmanager
def running(site: Site, settings: Settings, **more: str) -> Iterator[None]:
    """Serve it, with more settings of the environment."""
    process = _start(settings, site.log, more)
    site.process = process.pid
    try:
        wait_until(site.answers, 30)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def organisation_of(app: Flask) -> tuple[str, str, str]:
    """A key of a new organisation, an inbox, and its id."""
    with app.app_context():
        organisation = factories.organisation()
        inbox = factories.inbox(organisation)
        owner = factories.user(f"{organisation.id}@example.com")
        factories.member(organisation, owner, Role.OWNER)
        key = factories.api_key(organisation, created_by=owner.id)
        made = key, inbox.token, organisation.id
        db.session.remove()
        db.engine.dispose()
        return made


def _start(settings: Settings, log: Path, more: Mapping[str, str]) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": SECRET_KEY,
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
        **more,
    }
    with log.open("w") as output:
        return subprocess.Popen(
            children.web(settings, "127.0.0.1", {}).argv,
            env=environ,
            cwd=PACKAGE.parent,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
