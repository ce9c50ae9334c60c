"""`usage`: what each organisation used in a month, as a file."""

import click
from flask.cli import with_appcontext

from webhooks_app.commands.command import Command, Refused
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import usage


@click.command("usage", cls=Command)
@click.option("--month", help="Such as 2026-11; the current one by default.")
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), default="csv")
@with_appcontext
def show_usage(month: str | None, kind: str) -> None:
    """Print what each organisation used in a month: events, deliveries and attempts."""
    try:
        rows = usage.used_in(db.session(), usage.month_of(month or f"{utcnow():%Y-%m}"))
    except usage.NoMonth as error:
        raise Refused(f"{error}.") from error
    text = "".join(usage.as_csv(rows)) if kind == "csv" else usage.as_json(rows)
    click.echo(text, nl=not text.endswith("\n"))
