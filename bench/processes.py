"""Parts of the product as real processes, for the benches that need them."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import requests

from bench.support import Product
from tests.conftest import ENCRYPTION_KEY, SECRET_KEY
from tests.support.servers import free_port, wait_until
from webhooks_app.config import Settings
from webhooks_app.launch import children


def environ(made: Product) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": made.database_url,
        "REDIS_URL": made.redis_url,
        "DATA_DIR": str(made.folder),
        "SECRET_KEY": SECRET_KEY,
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "INGEST_RATE_LIMIT": "1000000 per second",
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def serving(made: Product, target: str = "webhooks_app.rsgi:door") -> Iterator[int]:
    """Granian as the product starts it, with `target`; the port."""
    with _granian(environ(made), target) as port:
        yield port


@contextmanager
def serving_noop() -> Iterator[int]:
    """A view that takes JSON and answers JSON, on the same server; the port."""
    with _granian(dict(os.environ), "bench.noop:door") as port:
        yield port


@contextmanager
def _granian(environ: dict[str, str], target: str) -> Iterator[int]:
    settings = Settings(port=free_port())
    argv = list(children.web(settings, "127.0.0.1", {}).argv)
    argv[-1] = target
    with running(argv, environ):
        wait_until(lambda: _answers(settings.port), 20)
        yield settings.port


@contextmanager
def working(made: Product, role: str = "deliveries") -> Iterator[None]:
    with running(children.worker(role), environ(made)):
        yield


@contextmanager
def running(argv: Sequence[str], environ: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(argv, env=environ, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.ConnectionError:
        return False
