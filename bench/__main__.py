"""`python -m bench NAME [options]`: prints a table for people, and a line of JSON with `ratio`."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

import click


@click.group()
def main() -> None:
    """Measure the product beside a limit of the same run."""


def report(name: str, result: dict[str, Any]) -> None:
    width = max(map(len, result))
    for key, value in result.items():
        click.echo(f"  {key:<{width}}  {value}")
    click.echo(json.dumps({"bench": name, **result}))


@main.command()
@click.option("--count", default=50_000, show_default=True)
@click.option("--latency", default=0.0, help="Seconds until the receivers answer.")
@click.option("--history", default=0, help="Deliveries in the tables beforehand.")
@click.option("--tls", is_flag=True, help="Receivers speak TLS, and certificates are verified.")
def engine(count: int, latency: float, history: int, tls: bool) -> None:
    """Drain a backlog with one worker process."""
    from bench import engine

    if tls:
        report("engine --tls", engine.run_over_tls(count))
    elif history:
        report("engine --history", engine.run_with_history(count, history))
    else:
        report("engine", engine.run(count, latency))


@main.command()
@click.option("--count", default=10_000, show_default=True)
@click.option("--batch", default=0, help="Events a request, compared with single ones.")
def ingest(count: int, batch: int) -> None:
    """Accept events over HTTP."""
    from bench import ingest

    report("ingest --batch" if batch else "ingest", ingest.run(count, batch))


@main.command()
@click.option("--count", default=20_000, show_default=True, help="Deliveries a round.")
@click.option("--fan-out", "fan_outs", default=[1], show_default=True, multiple=True, type=int)
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="Another checkout.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--warm", default=100_000, show_default=True, help="Deliveries beforehand.")
@click.option("--trickle", default=0.0, help="Events a second, in place of as many as it takes.")
@click.option("--latency", is_flag=True, help="How soon answers and deliveries come, at a rate.")
@click.option("--rate", "rates", default=[50, 300], show_default=True, multiple=True, type=int)
@click.option("--seconds", type=float, help="A trickle takes 60, and each rate of --latency 20.")
def path(
    against: Path | None,
    warm: int,
    latency: bool,
    rates: tuple[int, ...],
    seconds: float | None,
    **options: Any,
) -> None:
    """From POST to delivery, in all processes of the product: CPU of each."""
    from bench import path, path_latency

    if latency:
        report("path --latency", path_latency.run(against, warm, rates, seconds or 20))
    else:
        options["seconds"] = seconds or 60
        report("path", path.run(against=against, warm=warm, **options))


@main.command()
@click.option("--count", default=300, show_default=True)
def latency(count: int) -> None:
    """Time from a POST to the arrival, without load."""
    from bench import latency

    report("latency", latency.run(count))


@main.command()
@click.option("--count", default=2000, show_default=True, help="Deliveries before it is read.")
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="Another checkout.")
def memory(count: int, against: Path | None) -> None:
    """What each process holds."""
    from bench import memory

    report("memory", memory.run(against, count))


@main.command()
@click.option("--count", default=20_000, show_default=True, help="Deliveries.")
@click.option("--fan-out", default=1, show_default=True)
@click.option("--warm", default=20_000, show_default=True, help="Deliveries beforehand.")
@click.option("--trickle", default=0.0, help="Events a second; 0: as many as are taken.")
def profile(**options: Any) -> None:
    """Where the time of the path goes: a profile of each process."""
    from bench import profile

    profile.run(**options)


@main.command()
@click.option("--seconds", default=20.0, show_default=True)
def isolation(seconds: float) -> None:
    """Healthy endpoints beside twenty that hang."""
    from bench import isolation

    report("isolation", isolation.run(seconds))


@main.command()
@click.option("--count", default=1_000_000, show_default=True, help="Deliveries of our own.")
@click.option("--others", default=100_000, show_default=True, help="Of another organisation.")
@click.option("--times", default=30, show_default=True)
@click.option("--against", default=0, help="Deliveries in a second database, compared in turns.")
def pages(count: int, others: int, times: int, against: int) -> None:
    """Each page of the dashboard over a long history."""
    from bench import pages, pages_against

    if against:
        report("pages --against", pages_against.run(count, against, others, times))
    else:
        report("pages", pages.run(count, others, times))


@main.command()
@click.option("--count", default=20_000, show_default=True)
def wal(count: int) -> None:
    """What PostgreSQL writes for a delivery, from accept to delete."""
    from bench import storage

    report("wal", storage.run_wal(count))


@main.command()
@click.option("--count", default=300_000, show_default=True, help="Deliveries meanwhile.")
@click.option("--seconds", default=45.0, show_default=True, help="Of claims, with and without.")
def snapshot(count: int, seconds: float) -> None:
    """A claim while an old snapshot is open."""
    from bench import storage

    report("snapshot", storage.run_snapshot(count, seconds))


@main.command()
@click.option("--count", default=100_000, show_default=True, help="Subscriptions.")
@click.option("--seconds", default=45.0, show_default=True, help="Of claims, with and without.")
def waiting(count: int, seconds: float) -> None:
    """A claim beside subscriptions that only wait for a retry."""
    from bench import storage

    report("waiting", storage.run_waiting(count, seconds))


@main.command()
@click.option("--count", default=1_000_000, show_default=True, help="Expired deliveries.")
def retention(count: int) -> None:
    """Delete expired deliveries from SQLite, and shrink its file."""
    from bench import retention

    report("retention", retention.run(count))


@main.command()
@click.option("--count", default=1_000_000, show_default=True, help="Events, and attempts.")
def partitions(count: int) -> None:
    """Drop expired partitions on PostgreSQL, beside ones with 10,000 rows."""
    from bench import partitions

    report("partitions", partitions.run(count))


@main.command()
@click.option("--count", default=1_000_000, show_default=True, help="Events in the log.")
@click.option("--sqlite", is_flag=True, help="On SQLite, in place of PostgreSQL.")
@click.option("--kills", default=0, help="Then again, killed so many times.")
@click.option("--seed", default=1, show_default=True, help="When it is killed.")
def migrations(count: int, sqlite: bool, kills: int, seed: int) -> None:
    """Migrate a full log, from before partitions and the queue, while somebody writes."""
    from bench import migrations

    report("migrations", migrations.run(count, sqlite, kills, seed))


@main.command()
@click.option("--rate", default=500, show_default=True, help="Events a second.")
@click.option("--seconds", default=20.0, show_default=True)
def listen(rate: int, seconds: float) -> None:
    """`hookline listen` beside a worker, at a steady rate."""
    from bench import listen

    report("listen", listen.run(rate, seconds))


@main.command()
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Which parts are killed.")
@click.option("--events", default=0, help="So many events, in place of some minutes.")
@click.option("--rate", type=float, help="Events a second: 20, or with --events as many as go.")
def soak(minutes: float, seed: int, events: int, rate: float | None) -> None:
    """Load with kills: what is lost, and whether memory and descriptors grow."""
    from bench import soak

    rate = rate if rate is not None else 0.0 if events else 20.0
    report("soak", soak.run(minutes, seed, events, rate))


@main.command()
@click.option("--count", default=10_000, show_default=True)
def mail(count: int) -> None:
    """Send the mails of events to a mail server."""
    from bench import mail

    report("mail", mail.run(count))


if __name__ == "__main__":
    # Ends what it started also when something else ends it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    main()
