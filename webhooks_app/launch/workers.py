"""`python worker.py`: workers and a beat on any machine."""

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import click
from flask import Flask

from webhooks_app.config import Settings, read_settings
from webhooks_app.launch import children
from webhooks_app.launch.apart import apart
from webhooks_app.launch.external_redis import complaint
from webhooks_app.launch.metrics_server import Metrics, serve
from webhooks_app.launch.process import Child
from webhooks_app.launch.supervisor import Supervisor
from webhooks_app.launch.systemd import Systemd
from webhooks_app.lib import pulse
from webhooks_app.lib.environment import is_set
from webhooks_app.lib.logs import configure_logging
from webhooks_app.lib.metrics import forget_dead_processes
from webhooks_app.lib.starting import CannotStart


def run_role(role: str, metrics: Metrics) -> None:
    """Run one part in this process. Raises `CannotStart`."""
    from webhooks_app.jobs.engine import has_died
    from webhooks_app.launch import roles

    children.allow_many_files()
    app = _checked(_settings(), role)
    started_at = time.monotonic()

    def is_up() -> bool:
        return not has_died(app) and not pulse.is_stuck(os.environ, os.getpid(), started_at)

    serve(metrics, is_up)
    Systemd().ready()
    roles.ROLES[role](app)


def supervise(processes: int | None, metrics: Metrics) -> None:
    """Run `processes` that deliver (None: `WORKERS`) and the other parts once, until a signal."""
    settings = _settings()
    configure_logging(settings.log_level)
    apart(partial(_check, settings))
    children.allow_many_files()
    environ = children.environ(settings, metrics.folder)
    number = processes or settings.workers
    on_death = partial(forget_dead_processes, metrics.folder)
    with Supervisor(settings.grace, on_death) as supervisor:
        # Metrics are served in threads, and a process with threads must not fork.
        supervisor.start(*group(settings, number, environ, forks=metrics.port is None))
        serve(metrics, supervisor.all_run)
        supervisor.ready()
        supervisor.watch()


def group(
    settings: Settings, processes: int, environ: Mapping[str, str], forks: bool = True
) -> list[Child]:
    """`processes` that deliver, one for all other jobs, and a beat.

    On Linux they are forked from this process, which imports what they need first: it is in memory
    once, and a part that has to be started again is there at once. Elsewhere, libraries of the
    system may not survive a fork.
    """
    names = [*["deliveries"] * processes, "background", "beat"]
    play = _forked(settings) if forks and sys.platform == "linux" else dict.fromkeys(names)
    return [Child(role, children.worker(role), environ, run=play[role]) for role in names]


def _forked(settings: Settings) -> Mapping[str, Callable[[], None] | None]:
    from webhooks_app.launch import roles

    roles.load_all()
    _settle()
    return {role: partial(roles.play, role, settings) for role in roles.ROLES}


def _settle() -> None:
    """Give back what imports left behind, and keep collections off the rest: they would write to
    it, and what is written to is no longer shared."""
    gc.collect()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):  # glibc
            libc.malloc_trim(0)
    gc.freeze()


def _check(settings: Settings) -> None:
    _checked(settings, "command")


def _checked(settings: Settings, role: str) -> Flask:
    from webhooks_app.launch.apps import app_for
    from webhooks_app.operations.start import check_start

    app = app_for(settings, role)
    check_start(app)
    return app


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
