"""A checkout as its users run it: `python app.py` in processes, on servers of its own.

Only what the outside of the product offers is used, so that an older checkout, with its own
environment in `.venv`, runs in the same way.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psycopg
import requests

from bench import proc
from tests.conftest import ENCRYPTION_KEY, SECRET_KEY
from tests.support.servers import (
    PostgresServer,
    RedisServer,
    create_database,
    free_port,
    wait_until,
)

HERE = Path(__file__).parents[1]
ROLES = ("deliveries", "background", "beat")
REST = 0.5  # seconds
PRODUCT = ("web", *ROLES, "supervisor")


@dataclass(frozen=True)
class Scene:
    """An organisation, and the headers that let its events in."""

    organisation_id: str
    headers: dict[str, str]


class Installation:
    """`with Installation(folder) as made, made.running(): …`. Without `servers` it is on SQLite
    and starts its own Redis."""

    def __init__(
        self, checkout: Path = HERE, postgres: Sequence[str] = (), servers: bool = True
    ) -> None:
        self._checkout = checkout.resolve()
        own = self._checkout / ".venv" / "bin" / "python"
        self.python = sys.executable if self._checkout == HERE else str(own)
        self.port = free_port()
        self.pid = 0
        self._postgres_options = postgres
        self._servers = servers

    def __enter__(self) -> "Installation":
        self._temporary = tempfile.TemporaryDirectory()
        self._folder = Path(self._temporary.name)
        self._folder.chmod(0o755)
        if self._servers:
            self._start_servers()
        return self

    def _start_servers(self) -> None:
        (self._folder / "postgres").mkdir()
        self._postgres = PostgresServer(self._folder / "postgres", self._postgres_options)
        self._redis = RedisServer(self._folder)
        self._postgres.create()
        self._redis.start()
        self.database_url = create_database(self._postgres.url, "bench")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._servers:
            self._postgres.stop("immediate")
            self._redis.kill()
        self._temporary.cleanup()

    @contextmanager
    def running(self) -> Iterator[None]:
        """`python app.py`, once all its parts are there and at rest."""
        process = subprocess.Popen(
            [self.python, "app.py"],
            cwd=self._checkout,
            env=self._environ(),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid = process.pid
        try:
            wait_until(lambda: self._is_up(process))
            wait_until(self._is_at_rest)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def restart(self, server: str) -> None:
        """PostgreSQL or Redis ends as if it was killed, and starts again."""
        if server == "postgres":
            self._postgres.stop("immediate")
            self._postgres.start()
        else:
            self._redis.kill()
            self._redis.start()

    def audit(self) -> None:
        """AssertionError if the integrity check finds anything."""
        self._flask("audit")

    def scene(self) -> Scene:
        """A new organisation with a key."""
        owner = ("--owner", "owner@example.com", "--password", "correct horse battery 7")
        organisation = self._flask("create-organisation", "Bench", *owner)
        key = self._flask(
            *("create-api-key", "--organisation", organisation, "--mode", "live", "--name", "Bench")
        )
        return Scene(organisation, {"Authorization": f"Bearer {key}"})

    def subscribe(self, scene: Scene, urls: Sequence[str], event_type: str) -> None:
        """A webhook for each URL."""
        for url in urls:
            body = {"name": url, "url": url, "event_types": [event_type]}
            answer = requests.post(
                f"{self.site}/api/v1/webhooks", json=body, headers=scene.headers, timeout=30
            )
            assert answer.status_code == 201, answer.text

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sql(self, statement: str, *values: object) -> tuple[object, ...]:
        """The first row, if it has any."""
        return next(iter(self.rows(statement, *values)), ())

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def kinds(self) -> dict[int, str]:
        """Of every process of the product, by pid."""
        return {pid: _kind(path) for pid, path in proc.tree(self.pid)}

    def cpu(self) -> Counter[str]:
        """Seconds so far, by kind of process."""
        used: Counter[str] = Counter()
        for pid, kind in self.kinds().items():
            used[kind] += proc.cpu_seconds(pid)
        if self._servers:
            for kind, root in (("redis", self._redis.pid), ("postgres", self._postgres.pid)):
                used[kind] += sum(proc.cpu_seconds(pid) for pid, _ in proc.tree(root))
        return used

    def _environ(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        if self._servers:
            ours |= {"DATABASE_URL": self.database_url, "REDIS_URL": self._redis.url}
        return ours | {
            "DATA_DIR": str(self._folder / "data"),
            "PORT": str(self.port),
            "DEMO": "0",
            "SECRET_KEY": SECRET_KEY,
            "ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "ALLOWED_NETWORKS": "127.0.0.0/8",
            "INGEST_RATE_LIMIT": "1000000 per second",
            "LOG_LEVEL": "ERROR",
        }

    def _is_up(self, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None, f"app.py of {self._checkout} ended"
        try:
            answer = requests.get(f"{self.site}/healthz", timeout=1)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and set(PRODUCT) <= set(self.kinds().values())

    def _is_at_rest(self) -> bool:
        before = self.cpu().total()
        time.sleep(REST)
        return self.cpu().total() - before < REST / 10

    def _flask(self, *words: str) -> str:
        ended = subprocess.run(
            [self.python, "-m", "flask", "--app", "app", *words],
            cwd=self._checkout,
            env=self._environ(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.split()[-1]


def _kind(path: tuple[int, ...]) -> str:
    """What a process is part of; the supervisor is what is part of nothing else."""
    for pid in path:
        words = proc.command(pid).split()  # a server may have named itself
        if "granian" in words:
            return "web"
        if words[:1] == ["redis-server"]:
            return "redis"
        for role in ROLES:
            if role in words or f"hookline-{role}" in words:
                return role
    return "supervisor"
