"""`python worker.py` and `hookline-worker`: workers and a beat, anywhere, against DATABASE_URL and
REDIS_URL."""

import os
import sys
from pathlib import Path

import click

from webhooks_app.launch.metrics_server import Metrics
from webhooks_app.launch.workers import run_role, supervise
from webhooks_app.lib.metrics import forget_dead_processes
from webhooks_app.lib.starting import CannotStart, exiting_in_one_line

METRICS = "PROMETHEUS_MULTIPROC_DIR"


@click.command()
@click.option(
    "--processes", type=click.IntRange(min=1), help="How many workers deliver; default WORKERS."
)
@click.option(
    "--role",
    type=click.Choice(["deliveries", "background", "beat"]),
    help="Run only this part, in this process.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(1, 65535),
    help="Serve /metrics and /healthz there; nowhere by default.",
)
@click.option(
    "--metrics-host", default="127.0.0.1", show_default=True, help="The address for that."
)
def main(
    processes: int | None, role: str | None, metrics_port: int | None, metrics_host: str
) -> None:
    """Deliver what is due and run periodic jobs, until SIGTERM or Ctrl-C."""
    if role is not None and processes is not None:
        raise click.UsageError(
            "Use either --role or --processes: --role runs one part in this process."
        )
    with exiting_in_one_line():
        metrics = Metrics(_metrics_folder(), metrics_host, metrics_port)
        forget_dead_processes(metrics.folder)
        if role is None:
            supervise(processes, metrics)
        else:
            _share_metrics(metrics.folder)
            run_role(role, metrics)


def _metrics_folder() -> Path:
    """The folder in which all processes of this machine keep their metrics."""
    data = os.environ.get("DATA_DIR") or "instance"
    folder = Path(os.environ.get(METRICS) or Path(data) / "metrics").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"DATA_DIR cannot be used: {error}") from error
    return folder


def _share_metrics(folder: Path) -> None:
    """Set the value, since prometheus_client reads the variable at import, which is over."""
    if not os.environ.get(METRICS):
        os.environ[METRICS] = str(folder)
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
