"""Follow events or deliveries as they come."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import click

from hookline.cli.command import Command
from hookline.cli.output import BAD, COLOURS, note, print_line, said
from hookline.cli.state import State, pass_state
from hookline.errors import ConnectionFailed, ServerError

EVERY = 1.0
PAGE = 100
REMEMBERED = 2000


@click.command(cls=Command)
@click.argument("what", type=click.Choice(["events", "deliveries"]), default="deliveries")
@click.option("--failed", is_flag=True, help="Only deliveries that fail.")
@click.option("--type", "event_type", metavar="TYPE", help="Only this event type.")
@click.option("--webhook", metavar="ID", help="Only deliveries of this webhook or action.")
@click.option(
    "--last", type=click.IntRange(0, PAGE), default=10, metavar="N", help="How many to begin with."
)
@pass_state
def tail(
    state: State, what: str, failed: bool, event_type: str | None, webhook: str | None, last: int
) -> None:
    """Follow events or deliveries until Ctrl-C."""
    if what == "events":
        if failed or webhook:
            raise click.UsageError("--failed and --webhook are for deliveries.")
        query: dict[str, Any] = {"type": event_type}
    else:
        query = {"event_type": event_type, "subscription_id": webhook}
    for one in _follow(state, f"/{what}", query, last):
        if failed and one["status"] not in ("failed", "retrying"):
            continue
        if state.as_json:
            print_line(one)
        else:
            click.echo(event_line(one) if what == "events" else delivery_line(one))


def _follow(state: State, path: str, query: dict[str, Any], last: int) -> Iterator[Any]:
    """Each object when it is new, and again when it has changed."""
    seen: OrderedDict[str, object] = OrderedDict()
    first, away = True, False
    while True:
        try:
            rows = list(_newest(state, path, query, seen, first))
        except (ConnectionFailed, ServerError) as error:
            if first:
                raise
            if not away:
                note(state, f"{error} Trying again.")
            away = True
        else:
            if away:
                note(state, "Connected again.")
            away = False
            for number, one in enumerate(reversed(rows)):
                mark = (one.get("status"), one.get("tries"))
                known = seen.get(one["id"])
                seen[one["id"]] = mark
                if (first and len(rows) - number > last) or known == mark:
                    continue
                yield one
            while len(seen) > REMEMBERED:
                seen.popitem(last=False)
            first = False
        time.sleep(EVERY)


def _newest(
    state: State, path: str, query: dict[str, Any], seen: Any, first: bool
) -> Iterator[Any]:
    """The newest page; further ones while they hold nothing that is known."""
    most = PAGE if first or not seen else REMEMBERED
    rows = state.pages(path, most, {**query, "limit": PAGE})
    for number, one in enumerate(rows):
        yield one
        if number >= PAGE and one["id"] in seen:
            return


def event_line(event: Any) -> str:
    subject = event["subject"] or {}
    about = f"  {subject['type']}:{subject['id']}" if subject else ""
    return f"{event['occurred_at'][11:19]}  {said(event['type']):<24}  {event['id']}{said(about)}"


def delivery_line(delivery: Any) -> str:
    status = said(f"{delivery['status']:<9}", COLOURS.get(delivery["status"]))
    code = delivery["status_code"] or "-"
    error = f"  {said(delivery['error'], BAD)}" if delivery["error"] else ""
    event = delivery["event"]
    return (
        f"{delivery['created_at'][11:19]}  {status}  {code!s:>3}  {said(event['type']):<24}  "
        f"{delivery['id']}{error}"
    )
