"""The child processes: web server, workers, beat."""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from webhooks_app.config import Settings
from webhooks_app.launch.process import Child
from webhooks_app.lib.folders import PACKAGE

OPEN_FILES = 65_536
# Do not import modules from the current directory.
PYTHON = (sys.executable, "-P")

# Granian counts connections, including idle ones that are kept alive, not requests.
CONNECTIONS = 4096
# Seconds after a new process has loaded the app until the old one stops: by then it listens.
BOTH_SERVE = 5


def web(settings: Settings, address: str, environ: Mapping[str, str]) -> Child:
    """The web server. Its processes are its own children, so it gets SIGTERM instead of SIGKILL."""
    options = {
        "interface": "rsgi",
        "host": address,
        "port": str(settings.port),
        "workers": str(settings.web_processes),
        "backlog": "2048",
        "backpressure": str(CONNECTIONS),
        "workers-kill-timeout": "20",
        "respawn-interval": str(BOTH_SERVE),
        "log-level": "error",
        "working-dir": str(PACKAGE.parent),
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    argv = (
        *PYTHON,
        str(PACKAGE / "web_server.py"),
        *arguments,
        "--no-ws",
        "--respawn-failed-workers",
    )
    argv = (*argv, "webhooks_app.rsgi:door")
    return Child("web", argv, environ, orphaned_by=signal.SIGTERM)


def worker(role: str) -> tuple[str, ...]:
    """The command for one part."""
    return (*PYTHON, "-m", "webhooks_app.launch.worker", "--role", role)


def environ(settings: Settings, metrics: Path) -> dict[str, str]:
    """Our environment with this instance's decisions: the same package and absolute paths.

    With one arena for each thread, glibc would hold more memory than the threads use.
    """
    paths = [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]
    redis = {} if os.environ.get("REDIS_URL_FILE") else {"REDIS_URL": settings.redis_socket_url}
    return {
        **os.environ,
        **redis,
        "ALLOWED_NETWORKS": settings.allowed_networks,
        "DATA_DIR": str(settings.data_dir.resolve()),
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics.resolve()),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def allow_many_files() -> None:
    """Allow more open files. A worker has thousands of connections; many systems allow 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
