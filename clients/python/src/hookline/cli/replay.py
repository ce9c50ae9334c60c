"""Send deliveries again: some, or all that match, with progress."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hookline.cli.command import Command
from hookline.cli.output import note, print_json
from hookline.cli.state import State, part, pass_state
from hookline.cli.values import SINCE

EVERY = 0.3
PARTS = ("replayed", "retried", "recovered", "skipped")


@click.command(cls=Command)
@click.argument("delivery_ids", nargs=-1, metavar="[ID...]")
@click.option("--since", type=SINCE, metavar="TIME", help="Of this time or later: 2h, 7d, a date.")
@click.option("--until", type=SINCE, metavar="TIME", help="Before this time.")
@click.option("--failed", is_flag=True, help="Only those that failed.")
@click.option("--missing", is_flag=True, help="Only what never arrived.")
@click.option("--webhook", metavar="ID", help="Only of this webhook or action.")
@click.option("--type", "event_type", metavar="TYPE", help="Only this event type.")
@click.option("--code", metavar="CODE", help="Only with this answer, such as 500 or 4xx.")
@click.option("--event", "event_id", metavar="ID", help="Only of this event.")
@click.option("--text", metavar="TEXT", help="Only with a text in the data, the error or an id.")
@click.option("--field", metavar="TEXT", help="Only with a text there: 'email: ada@example.com'.")
@click.option("--subject", metavar="ID", help="Only about this chatbot, room or space.")
@click.option("--response", metavar="TEXT", help="Only with a text in the receiver's answer.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@pass_state
def replay(
    state: State,
    delivery_ids: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    failed: bool,
    missing: bool,
    webhook: str | None,
    event_type: str | None,
    code: str | None,
    event_id: str | None,
    text: str | None,
    field: str | None,
    subject: str | None,
    response: str | None,
    dry_run: bool,
) -> None:
    """Send deliveries again, by their ids or all that match.

    Asks before it sends many. Ctrl-C cancels the rest.
    """
    chosen = {
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "status": "failed" if failed else None,
        "missing": missing or None,
        "subscription_id": webhook,
        "event_type": event_type,
        "status_code": code,
        "event_id": event_id,
        "text": text,
        "field": field,
        "subject": subject,
        "response": response,
    }
    filters = {name: value for name, value in chosen.items() if value is not None}
    if bool(delivery_ids) == bool(filters):
        raise click.UsageError("Give ids of deliveries, or options such as --failed --since 2h.")
    if delivery_ids:
        _begin(state, {"delivery_ids": list(delivery_ids)}, len(delivery_ids), dry_run)
        return
    counted = state.ask("POST", "/deliveries/count", filters)
    _begin(state, {"filter": filters}, counted["count"], dry_run, counted["at_least"])


@click.command(cls=Command)
@click.argument("webhook_id", metavar="WEBHOOK")
@click.option("--since", type=SINCE, required=True, metavar="TIME", help="2h, 7d, or a date.")
@pass_state
def recover(state: State, webhook_id: str, since: datetime) -> None:
    """Send what never arrived at a webhook or action."""
    kind = "actions" if webhook_id.startswith("act_") else "webhooks"
    state.confirm_live(f"Send what {webhook_id} missed")
    body = {"since": since.isoformat()}
    batch = state.ask("POST", f"/{kind}/{part(webhook_id)}/recover", body)
    _watch(state, batch)


def _begin(
    state: State, body: Mapping[str, Any], count: int, dry_run: bool, at_least: bool = False
) -> None:
    least = "at least " if at_least else ""
    noun = "delivery" if count == 1 else "deliveries"
    if dry_run:
        if state.as_json:
            print_json({"count": count, "at_least": at_least})
        else:
            click.echo(f"This would send {least}{count} {noun} again.")
        return
    if count == 0:
        click.echo("Nothing matches, so nothing is sent.")
        return
    if count > 1:
        state.confirm(f"Send {least}{count} {noun} again?")
    else:
        state.confirm_live("Send it again")
    _watch(state, state.ask("POST", "/replays", body))


def _watch(state: State, batch: Any) -> None:
    """Show the progress until the replay has ended; Ctrl-C cancels it on the server."""
    columns = (TextColumn("Sending again"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True, quiet=state.quiet or state.as_json)
    path = f"/replays/{batch['id']}"
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=None)
            while batch["status"] == "running":
                progress.update(task, total=batch["total"], completed=_done(batch))
                time.sleep(EVERY)
                batch = state.ask("GET", path)
    except KeyboardInterrupt:
        batch = state.ask("POST", f"{path}/cancel")
        note(state, "Cancelled: the rest is not sent.")
    if state.as_json:
        print_json(batch)
        return
    told = [f"{batch[name]} {name}" for name in PARTS if batch[name]]
    click.echo(f"{batch['status'].capitalize()}: {', '.join(told) or 'nothing to send'}.")


def _done(batch: Any) -> int:
    return sum(batch[name] for name in PARTS)
