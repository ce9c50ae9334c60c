"""`python worker.py` and `hookline-worker`: workers and a beat, anywhere, against DATABASE_URL and
REDIS_URL."""

import os
from pathlib import Path

import click

from webhooks_app.launch.metrics import VARIABLE, share_metrics
from webhooks_app.lib.starting import CannotStart, exiting_in_one_line


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
    help="Serve /metrics and /healthz on this port. Off by default.",
)
@click.option(
    "--metrics-host", default="127.0.0.1", show_default=True, help="The address for --metrics-port."
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
        _run(processes, role, metrics_host, metrics_port)


def _run(processes: int | None, role: str | None, host: str, port: int | None) -> None:
    folder = _metrics_folder()
    share_metrics(folder)
    # Not before: they import prometheus_client.
    from webhooks_app.launch.metrics_server import Metrics
    from webhooks_app.launch.workers import run_role, supervise
    from webhooks_app.lib.metrics import forget_dead_processes

    metrics = Metrics(folder, host, port)
    forget_dead_processes(metrics.folder)
    if role is None:
        supervise(processes, metrics)
    else:
        run_role(role, metrics)


def _metrics_folder() -> Path:
    """The folder in which all processes of this machine keep their metrics."""
    data = os.environ.get("DATA_DIR") or "instance"
    folder = Path(os.environ.get(VARIABLE) or Path(data) / "metrics").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"DATA_DIR cannot be used: {error}") from error
    return folder


if __name__ == "__main__":
    main()
