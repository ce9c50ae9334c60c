"""Why an event was sent to a webhook, or was not."""

from __future__ import annotations

from typing import Any

import click

from hookline.cli.command import NEGATIVE, Command, Failed
from hookline.cli.output import BAD, GOOD, print_json, said
from hookline.cli.state import State, part, pass_state


@click.command(cls=Command)
@click.argument("event_id", metavar="EVENT")
@click.argument("webhook", required=False)
@pass_state
def explain(state: State, event_id: str, webhook: str | None) -> None:
    """Say why an event was sent to webhooks and actions, or was not.

    With the id or name of one, the command ends with 1 if that one would not fire.
    """
    found = state.ask("GET", f"/events/{part(event_id)}/explanation")["data"]
    if webhook is not None:
        found = [one for one in found if webhook in (one["subscription_id"], one["name"])]
        if not found:
            raise Failed(f"No webhook or action is called {webhook!r}.", 4)
    if state.as_json:
        print_json(found)
    elif not found:
        click.echo("There are no webhooks and actions, so it was sent to none.")
    else:
        for one in found:
            _show(one)
    if webhook is not None and not found[0]["would_fire"]:
        click.get_current_context().exit(NEGATIVE)


def _show(one: Any) -> None:
    verdict = said("fires", GOOD) if one["would_fire"] else said("does not fire", BAD)
    sent = "; it was sent" if one["delivered"] else "; it was not sent"
    click.echo(f"{said(one['name'])} ({one['subscription_id']}): {verdict}{sent}")
    for holds, words in (
        (one["enabled"], "is on"),
        (one["asks_for_type"], "asks for this event type"),
        (one["in_scope"], "is for this subject"),
        (one["change_wanted"], "wants this change"),
    ):
        click.echo(f"  {_mark(holds)} {words}")
    for condition in one["conditions"]:
        value = "" if condition["value"] is None else f" {condition['value']}"
        has = f"it is {condition['actual']!r}" if condition["found"] else "the field is absent"
        words = f"{condition['field']} {condition['operator']}{value}: {has}"
        click.echo(f"  {_mark(condition['passed'])} {said(words)}")
    if one["unreadable"]:
        click.echo(said("  Its settings cannot be read. Edit and save it.", BAD))


def _mark(holds: bool) -> str:
    return said("yes", GOOD) if holds else said("no ", BAD)
