"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
GOOD, BAD, WAITS = "green", "red", "yellow"
COLOURS = {
    "delivered": GOOD,
    "succeeded": GOOD,
    "finished": GOOD,
    "failed": BAD,
    "lost": BAD,
    "cancelled": WAITS,
    "retrying": WAITS,
    "pending": WAITS,
    "sending": WAITS,
    "running": WAITS,
}


def clean(text: str) -> str:
    """Text from outside without what a terminal would obey."""
    return "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text)


def said(text: str, colour: str | None = None) -> str:
    return click.style(clean(text), fg=colour) if colour else clean(text)


def note(state: Any, text: str) -> None:
    """For people: on standard error, so that results can be piped; not with `--quiet`."""
    if not state.quiet:
        click.echo(clean(text), err=True)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_line(value: Any) -> None:
    """One JSON on a line of its own, for streams."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_table(rows: Iterable[Row], columns: Sequence[str], empty: str = "Nothing found.") -> None:
    """The named members of each row. In a pipe the cells have tabs between."""
    found = [[shown(row, name) for name in columns] for row in rows]
    if not sys.stdout.isatty():
        for cells in found:
            click.echo("\t".join(cells))
        return
    if not found:
        click.echo(empty, err=True)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        first = name in ("id", "key", "name")
        table.add_column(heading(name), overflow="fold", no_wrap=first and len(columns) < 7)
    for cells in found:
        table.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in cells))
    Console().print(table)


def print_object(row: Row) -> None:
    """All members of one object."""
    width = max(map(len, map(heading, row)), default=0)
    for name in row:
        label = click.style(heading(name).ljust(width), bold=True)
        lines = shown(row, name, full=True).splitlines() or [""]
        click.echo(f"{label}  {lines[0]}")
        for line in lines[1:]:
            click.echo(f"{' ' * width}  {line}")


def heading(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").capitalize()


def shown(row: Row, name: str, full: bool = False) -> str:
    """A member, inside others if its name has dots."""
    value: Any = row
    for step in name.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return clean(_text(value, name, full))


def _text(value: Any, name: str, full: bool) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case str() if name.endswith("_at") and not full:
            return ago(value)
        case list() if all(isinstance(one, str) for one in value):
            return ", ".join(value) or "-"
        case dict() | list():
            return json.dumps(value, indent=2 if full else None, ensure_ascii=False)
        case _:
            return str(value)


def ago(moment: str, now: datetime | None = None) -> str:
    """A time of the past or the future, as people say it."""
    try:
        seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    except ValueError:
        return moment
    words = duration(abs(seconds))
    return f"{words} ago" if seconds >= 0 else f"in {words}"


def duration(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
