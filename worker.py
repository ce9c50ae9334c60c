"""Workers and a beat, anywhere: `python worker.py`, against DATABASE_URL and REDIS_URL."""

import os
from pathlib import Path

import click


@click.command()
@click.option(
    "--processes", type=click.IntRange(min=1), help="That many that deliver; default WORKERS."
)
@click.option(
    "--role",
    type=click.Choice(["deliveries", "background", "beat"]),
    help="Run this part alone, in this process.",
)
def main(processes: int | None, role: str | None) -> None:
    """Deliver what is due, and do what is periodic, until SIGTERM or Ctrl-C."""
    if role is not None and processes is not None:
        raise click.UsageError("--role runs one part in this process; leave --processes out.")
    try:
        metrics = shared_metrics()
    except OSError as error:
        click.echo(f"Cannot start: DATA_DIR cannot be used: {error}", err=True)
        raise SystemExit(1) from error
    # Not before: prometheus_client reads PROMETHEUS_MULTIPROC_DIR when it is imported.
    from webhooks_app.config import BadSetting
    from webhooks_app.launch.errors import CannotStart
    from webhooks_app.launch.workers import run_role, supervise

    try:
        if role is None:
            supervise(processes, metrics)
        else:
            run_role(role)
    except (BadSetting, CannotStart) as error:
        click.echo(f"Cannot start: {error}", err=True)
        raise SystemExit(1) from error


def shared_metrics() -> Path:
    """The folder in which all processes of this machine keep their metrics."""
    given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    folder = Path(given or Path(os.environ.get("DATA_DIR") or "instance") / "metrics").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    return folder


if __name__ == "__main__":
    main()
