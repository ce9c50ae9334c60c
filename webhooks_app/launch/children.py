"""What runs as children: the web server, workers, the beat."""

import os
import resource
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from webhooks_app.config import Settings
from webhooks_app.launch.process import Child

ROOT = Path(__file__).parents[2]
OPEN_FILES = 65_536

# Granian counts connections, also idle ones that are kept alive, not requests.
CONNECTIONS = 4096


def web(settings: Settings, address: str, environ: Mapping[str, str]) -> Child:
    """One process with threads. It has a child of its own, so it is told to end, not killed."""
    options = {
        "interface": "wsgi",
        "host": address,
        "port": str(settings.port),
        "workers": "1",
        "blocking-threads": str(settings.web_threads),
        "backlog": "2048",
        "backpressure": str(CONNECTIONS),
        "workers-kill-timeout": "20",
        "log-level": "error",
        "working-dir": str(ROOT),
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    argv = (sys.executable, "-m", "granian", *arguments, "--no-ws", "--respawn-failed-workers")
    return Child("web", (*argv, "app:app"), environ, orphaned_by=signal.SIGTERM)


def workers(processes: int, environ: Mapping[str, str]) -> list[Child]:
    """`processes` that deliver, one for all other jobs, and a beat."""
    roles = [*["deliveries"] * processes, "background", "beat"]
    script = str(ROOT / "worker.py")
    return [Child(role, (sys.executable, script, "--role", role), environ) for role in roles]


def environ(settings: Settings, metrics: Path) -> dict[str, str]:
    """Ours, with what this instance decided; paths do not depend on where it was started."""
    return {
        **os.environ,
        "ALLOWED_NETWORKS": settings.allowed_networks,
        "DATA_DIR": str(settings.data_dir.resolve()),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics.resolve()),
        "REDIS_URL": settings.redis_socket_url,
    }


def allow_many_files() -> None:
    """A worker has thousands of connections open, and many systems start with 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
