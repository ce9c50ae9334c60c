"""`python worker.py`: workers and a beat on any machine."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from flask import Flask

from webhooks_app import queue
from webhooks_app.config import Settings, read_settings
from webhooks_app.jobs.beat import run_beat
from webhooks_app.jobs.engine import has_died
from webhooks_app.jobs.worker import run_worker
from webhooks_app.launch import children
from webhooks_app.launch.external_redis import complaint
from webhooks_app.launch.metrics_server import Metrics, serve
from webhooks_app.launch.migrate import app_for
from webhooks_app.launch.supervisor import Supervisor
from webhooks_app.lib.environment import is_set
from webhooks_app.lib.logs import configure_logging
from webhooks_app.lib.metrics import forget_dead_processes
from webhooks_app.lib.starting import CannotStart, exiting_in_one_line
from webhooks_app.operations.start import check_start

ROLES: dict[str, Callable[[Flask], None]] = {
    "deliveries": partial(run_worker, queue_name=queue.DELIVERIES),
    "background": partial(run_worker, queue_name=queue.BACKGROUND),
    "beat": run_beat,
}


def run_role(role: str, metrics: Metrics) -> None:
    """Run one part in this process. Raises `CannotStart`."""
    children.allow_many_files()
    app = app_for(_settings())
    check_start(app)
    serve(metrics, is_up=lambda: not has_died(app))
    ROLES[role](app)


def supervise(processes: int | None, metrics: Metrics) -> None:
    """Run `processes` that deliver (None: `WORKERS`) and the other parts once, until a signal."""
    settings = _settings()
    configure_logging(settings.log_level)
    _check_apart(settings)
    environ = children.environ(settings, metrics.folder)
    with Supervisor(on_death=partial(forget_dead_processes, metrics.folder)) as supervisor:
        supervisor.start(*children.workers(processes or settings.workers, environ))
        serve(metrics, supervisor.all_run)
        supervisor.watch()


def _check_apart(settings: Settings) -> None:
    """In its own process: a supervisor needs neither the app nor its connections."""
    if (child := os.fork()) == 0:
        status = 1
        try:
            with exiting_in_one_line():
                check_start(app_for(settings))
                status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise SystemExit(1)


def _settings() -> Settings:
    folder = Path(os.environ.get("DATA_DIR") or "instance")
    for name, file, why in (
        ("REDIS_URL", "redis.sock", "to find work"),
        ("DATABASE_URL", "hookline.db", "to find what to send"),
        (
            "ENCRYPTION_KEYS",
            "encryption_keys",
            "as for the web server, so that secrets can be read",
        ),
    ):
        if not is_set(os.environ, name) and not (folder / file).exists():
            raise CannotStart(f"set {name} {why}, or DATA_DIR to that of a running `app.py`")
    settings = read_settings()
    if said := complaint(settings.redis_socket_url):
        click.echo(f"{said}; waiting for it", err=True)
    return settings
