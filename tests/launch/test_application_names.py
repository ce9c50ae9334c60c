"""PostgreSQL shows what each process does, in whichever documented way it was started."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.conftest import SECRET_KEY, empty
from tests.deploy.test_files import commands
from tests.launch.instance import ROOT, environ
from tests.support.servers import RedisServer, free_port, wait_until
from webhooks_app.database.boundaries import MIGRATING
from webhooks_app.lib.crypto import new_key

NEW = """
    SELECT application_name FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_start > %s"""
WORKER = {"deliveries", "background", "beat"}
SERVED = "from webhooks_app.wsgi import app; app.test_client().get('/readyz'); input()"
FLASK = ("-m", "flask", "--app", "app")


def documented(program: str) -> Sequence[str]:
    """The first command of `deploy/` that begins with it, as this Python runs it."""
    words = next(words for words in commands() if words[0] == program)
    return [str(Path(sys.executable).parent / program), *words[1:]]


@contextmanager
def started(
    command: Sequence[str], database: str, redis: RedisServer, folder: Path, **more: object
) -> Iterator[None]:
    """It waits for a lock if it migrates or audits, so that it can be seen."""
    variables = environ(
        DATABASE_URL=database,
        REDIS_URL=redis.url,
        DATA_DIR=folder,
        SECRET_KEY=SECRET_KEY,
        ENCRYPTION_KEYS=new_key(),
        PORT=free_port(),
        DEMO=0,
        **more,
    )
    with psycopg.connect(database) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        connection.execute("LOCK TABLE attempts IN ACCESS EXCLUSIVE MODE")
        ports = {"9100": str(free_port()), "8000": str(free_port())}
        own = [ports.get(word, word) for word in command]
        process = psutil.Popen(own, cwd=ROOT, env=variables, stdin=subprocess.PIPE)
        try:
            yield
        finally:
            for one in (*process.children(recursive=True), process):
                one.kill()
            process.wait()


def now(database: str) -> datetime:
    with psycopg.connect(database) as connection:
        [moment] = connection.execute("SELECT clock_timestamp()").fetchone() or ()
    return moment


def names(database: str, since: datetime) -> set[str]:
    """Of connections made since then: tests before this one keep theirs."""
    with psycopg.connect(database) as connection:
        return {name for (name,) in connection.execute(NEW, [since])} - {""}


@pytest.mark.parametrize(
    ("command", "roles"),
    [
        pytest.param(documented("python"), {"web"}, id="web"),
        pytest.param(documented("hookline-worker"), WORKER, id="workers"),
        pytest.param(documented("flask"), {"command"}, id="migration"),
        pytest.param([sys.executable, "worker.py"], WORKER, id="workers of the checkout"),
        *(
            pytest.param([sys.executable, "worker.py", "--role", role], {role}, id=role)
            for role in sorted(WORKER)
        ),
        pytest.param([sys.executable, *FLASK, "audit"], {"command"}, id="audit"),
        pytest.param([sys.executable, "-c", SERVED], {"web"}, id="another server"),
    ],
)
def test_each_process_is_shown_by_its_role(
    postgres_database: str,
    redis_server: RedisServer,
    tmp_path: Path,
    command: Sequence[str],
    roles: set[str],
) -> None:
    empty(postgres_database)
    redis_server.empty()
    shown, since = {f"hookline {role}" for role in roles}, now(postgres_database)
    with started(command, postgres_database, redis_server, tmp_path):
        wait_until(lambda: names(postgres_database, since) == shown)
