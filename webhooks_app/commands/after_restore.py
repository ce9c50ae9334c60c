"""`after-restore`: what to do with deliveries that were open when a backup was made."""

import click
from flask.cli import with_appcontext

from webhooks_app.commands.command import Command, Refused
from webhooks_app.engine.after_restore import cancel_open, count_open
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import restored


@click.command("after-restore", cls=Command)
@click.option(
    "--send",
    "choice",
    flag_value="send",
    help="Send them, even if they were sent since the backup.",
)
@click.option("--cancel", "choice", flag_value="cancel", help="Cancel them; they can be replayed.")
@with_appcontext
def after_restore(choice: str | None) -> None:
    """Decide about deliveries that were open at the backup. Workers then continue."""
    count = count_open(db.engine)
    if choice is None:
        raise Refused(
            f"{count} deliveries are open, and some may have been sent since the backup. Run this "
            "again with --send to send them all with the same ids, or with --cancel to cancel them."
        )
    if choice == "cancel":
        count = cancel_open(db.engine)
    restored.accept(db.engine, utcnow())
    done = "will be sent" if choice == "send" else "were cancelled and can be replayed"
    click.echo(f"{count} deliveries {done}. Workers continue.")
