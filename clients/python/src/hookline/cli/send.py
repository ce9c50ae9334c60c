"""Report events: your own, or samples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import click

from hookline.cli.command import NEGATIVE, Command
from hookline.cli.output import BAD, COLOURS, note, print_json, print_line, said
from hookline.cli.state import State, part, pass_state
from hookline.cli.values import content_of, members_of, object_in

LONGEST_WAIT = 25


@click.command(cls=Command)
@click.argument("event_type", metavar="TYPE")
@click.option("-d", "--data", "pairs", multiple=True, metavar="NAME=VALUE", help="One member.")
@click.option("--body", metavar="JSON|@FILE|-", help="All data, as JSON.")
@click.option("--chatbot", metavar="ID", help="The chatbot that it is about.")
@click.option("--subject", metavar="TYPE:ID", help="What it is about.")
@click.option("--changed", multiple=True, metavar="PATH", help="For updates: what changed.")
@click.option("--id", "own_id", metavar="ID", help="Your own id: a repeat is harmless.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.option(
    "--wait",
    type=click.IntRange(0, LONGEST_WAIT),
    default=0,
    metavar="SECONDS",
    help="Wait until it is delivered, and show how.",
)
@pass_state
def send(
    state: State,
    event_type: str,
    pairs: Sequence[str],
    body: str | None,
    chatbot: str | None,
    subject: str | None,
    changed: Sequence[str],
    own_id: str | None,
    dry_run: bool,
    wait: int,
) -> None:
    """Report an event.

    Without data it has those of the type's sample. With --wait the command ends with 1 if a
    delivery failed.
    """
    event: dict[str, Any] = {"type": event_type, "data": _data(state, event_type, pairs, body)}
    event |= _about(chatbot, subject)
    event |= {"changed": list(changed)} if changed else {}
    event |= {"id": own_id} if own_id else {}
    if dry_run:
        _show_dry_run(state, state.ask("POST", "/events/dry-run", event))
        return
    state.confirm_live(f"Report {event_type}")
    query = {"wait": wait} if wait else {}
    accepted = state.ask("POST", "/events", event, query=query, wait=wait)
    if state.as_json:
        print_json(accepted)
    else:
        _show(state, accepted)
    if any(one["status"] == "failed" for one in accepted.get("results", ())):
        click.get_current_context().exit(NEGATIVE)


@click.command(cls=Command)
@click.argument("event_types", nargs=-1, required=True, metavar="TYPE...")
@click.option("--times", type=click.IntRange(1, 10_000), default=1, metavar="N", help="How often.")
@click.option(
    "--pause", type=click.FloatRange(0, 3600), default=0, metavar="SECONDS", help="Between two."
)
@click.option("--chatbot", metavar="ID", help="The chatbot that they are about.")
@pass_state
def trigger(
    state: State, event_types: Sequence[str], times: int, pause: float, chatbot: str | None
) -> None:
    """Report samples of event types, one after the other.

    Several types make a story: hookline trigger customer.created customer.at_risk --pause 2
    """
    samples = {name: _sample(state, name) for name in event_types}
    state.confirm_live(f"Report {len(samples) * times} samples")
    story = [name for _ in range(times) for name in event_types]
    for number, name in enumerate(story):
        if number and pause:
            time.sleep(pause)
        event = {"type": name, "data": samples[name], **_about(chatbot, None)}
        accepted = state.ask("POST", "/events", event)
        if state.as_json:
            print_line(accepted)
        else:
            _show(state, accepted)


def _data(state: State, event_type: str, pairs: Sequence[str], body: str | None) -> dict[str, Any]:
    if body is None and not pairs:
        note(state, "Without data: the sample of the type is sent.")
        return _sample(state, event_type)
    data = object_in(content_of(body), "The body") if body is not None else {}
    return data | members_of(pairs)


def _sample(state: State, event_type: str) -> dict[str, Any]:
    found: dict[str, Any] = state.ask("GET", f"/event-types/{part(event_type)}")
    return dict(found["sample"])


def _about(chatbot: str | None, subject: str | None) -> dict[str, Any]:
    if chatbot and subject:
        raise click.UsageError("Give --chatbot or --subject, not both.")
    if subject is None:
        return {"chatbot_id": chatbot} if chatbot else {}
    kind, colon, id_ = subject.partition(":")
    if not colon or not id_:
        raise click.UsageError("Write the subject as TYPE:ID, such as room:42.")
    return {"subject": {"type": kind, "id": id_}}


def _show(state: State, accepted: dict[str, Any]) -> None:
    count = accepted["deliveries"]
    note_ = {0: "nobody wants it", 1: "1 delivery"}.get(count, f"{count} deliveries")
    click.echo(f"{accepted['id']}  {said(accepted['type'])}  {note_}")
    if count == 0:
        note(state, f"Why? hookline explain {accepted['id']}")
    for one in accepted.get("results", ()):
        status = said(one["status"], COLOURS.get(one["status"]))
        code = one["status_code"] or ""
        error = f"  {said(one['error'], BAD)}" if one["error"] else ""
        click.echo(f"  {one['id']}  {status} {code}{error}")


def _show_dry_run(state: State, found: dict[str, Any]) -> None:
    if state.as_json:
        print_json(found)
        return
    click.echo(f"{found['deliveries']} deliveries would follow. Nothing was stored or sent.")
    for one in found.get("explanations", ()):
        fires = said("would fire", "green") if one["would_fire"] else "would not fire"
        click.echo(f"  {said(one['name'])}: {fires}")
