"""Webhooks, actions and event types as a file: apply it, compare with it, make it.

Objects are found by your own keys, so a file can be applied again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click
import yaml

from hookline.cli.command import NEGATIVE, Command
from hookline.cli.output import clean, note, print_json, said
from hookline.cli.resources import object_of
from hookline.cli.state import State, part, pass_state
from hookline.errors import NotFound

FILE = "hookline.yaml"
KINDS = {"event_types": "/event-types", "webhooks": "/webhooks", "actions": "/actions"}
# Answers have these and bodies do not: states and what the server makes.
STATE = frozenset(
    (
        *("id", "key", "own", "listener", "pollybot_name", "secret", "counters"),
        *("created_at", "updated_at", "disabled_reason", "paused_at", "paused_until"),
        "previous_secret_expires_at",
    )
)
MASK = "••••••"


@dataclass(frozen=True)
class Wanted:
    """One object of the file."""

    kind: str
    key: str
    members: Mapping[str, Any]

    @property
    def path(self) -> str:
        key = self.key if self.kind == "event_types" else f"key:{self.key}"
        return f"{KINDS[self.kind]}/{part(key)}"

    @property
    def title(self) -> str:
        return f"{self.kind.removesuffix('s').replace('_', ' ')} {clean(self.key)}"


@dataclass(frozen=True)
class Change:
    """`differs` maps the members to their current and their wanted values; None for a new object.

    It is empty where only hidden values may differ, which nobody can compare.
    """

    wanted: Wanted
    differs: Mapping[str, tuple[Any, Any]] | None


@click.command(cls=Command)
@click.option("-f", "--file", default=FILE, metavar="FILE", help=f"The file ({FILE}).")
@pass_state
def apply(state: State, file: str) -> None:
    """Create and change webhooks, actions and event types as a file says.

    What is not in the file stays. A signing secret that was made is printed once.
    """
    every = list(_changes(state, file))
    changes = [one for one in every if one.differs != {}]
    _show(state, changes)
    if every:
        state.confirm_live(f"Make {len(changes)} changes")
    results = []
    for change in every:
        answer = state.ask("PUT", change.wanted.path, change.wanted.members)
        results.append(answer)
        if not state.as_json and change.differs != {}:
            done = "created" if change.differs is None else "changed"
            secret = f" Its signing secret: {answer['secret']}" if answer.get("secret") else ""
            click.echo(f"{change.wanted.title}: {done}.{secret}")
    if state.as_json:
        print_json(results)


@click.command(cls=Command)
@click.option("-f", "--file", default=FILE, metavar="FILE", help=f"The file ({FILE}).")
@pass_state
def diff(state: State, file: str) -> None:
    """Show what `apply` would change. It ends with 1 if there is anything."""
    changes = [one for one in _changes(state, file) if one.differs != {}]
    if state.as_json:
        print_json(
            [
                {"object": one.wanted.title, "new": one.differs is None, "changes": one.differs}
                for one in changes
            ]
        )
    else:
        _show(state, changes)
    if changes:
        click.get_current_context().exit(NEGATIVE)


@click.command(cls=Command)
@click.option("-o", "--output", metavar="FILE", help="Write it there.")
@pass_state
def export(state: State, output: str | None) -> None:
    """Print webhooks, actions and event types that have a key of yours, for `apply`.

    Values of custom headers stay hidden; `apply` keeps them.
    """
    defaults, found, nameless = _defaults(state), {}, 0
    for kind, path in KINDS.items():
        rows = [one for one in state.pages(path, 10**6) if not one.get("listener")]
        if kind == "event_types":
            keyed = {one["name"]: one for one in rows if one["own"]}
        else:
            keyed = {one["key"]: one for one in rows if one["key"]}
            nameless += len(rows) - len(keyed)
        if keyed:
            found[kind] = {key: _members(kind, one, defaults) for key, one in sorted(keyed.items())}
    if state.as_json:
        print_json(found)
    else:
        text = yaml.safe_dump(found, sort_keys=False, allow_unicode=True)
        if output is None:
            click.echo(text, nl=False)
        else:
            try:
                with click.open_file(output, "w", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:
                raise click.UsageError(f"{output} cannot be written: {error.strerror}.") from error
    if nameless:
        note(
            state,
            f"{nameless} have no key and were left out. `hookline webhooks list` shows them.",
        )


def _members(
    kind: str, row: Mapping[str, Any], defaults: Mapping[tuple[str, str], Mapping[str, Any]]
) -> dict[str, Any]:
    """What a file has to say: all but states and defaults."""
    known = defaults[kind, row.get("channel", "")]
    apart = STATE | ({"name"} if kind == "event_types" else set()) | {"enabled"}
    return {
        name: value
        for name, value in row.items()
        if name not in apart and not (name in known and known[name] == value)
    }


def _changes(state: State, file: str) -> Iterator[Change]:
    """In an order in which they can be made: types before what asks for them."""
    wanted, defaults = list(_read(file)), _defaults(state)
    for one in wanted:
        try:
            now = state.ask("GET", one.path)
        except NotFound:
            yield Change(one, None)
            continue
        known = defaults[one.kind, str(one.members.get("channel", now.get("channel", "")))]
        whole = {**{k: v for k, v in known.items() if k != "enabled"}, **one.members}
        differs = {
            name: (now.get(name), value)
            for name, value in whole.items()
            if name != "secret" and not _same(now.get(name), value)
        }
        if differs or _hides(now.get("headers"), whole.get("headers")):
            yield Change(one, differs)


def _hides(now: Any, wanted: Any) -> bool:
    """Whether the file says the value of a header that the API does not show."""
    return isinstance(wanted, dict) and any(
        value != MASK and (now or {}).get(name) == MASK for name, value in wanted.items()
    )


def _same(now: Any, wanted: Any) -> bool:
    """A hidden value counts as the same."""
    if isinstance(now, dict) and isinstance(wanted, dict):
        return now.keys() == wanted.keys() and all(_same(now[name], wanted[name]) for name in now)
    return bool(now == wanted) or MASK in (now, wanted)


def _read(file: str) -> Iterator[Wanted]:
    found = object_of(file)
    if unknown := sorted(set(found) - set(KINDS)):
        raise click.UsageError(
            f"{file}: {unknown[0]!r} is unknown. Write {', '.join(KINDS)} at the beginning."
        )
    for kind in KINDS:
        objects = found.get(kind) or {}
        if not isinstance(objects, dict):
            raise click.UsageError(f"{file}: {kind} must map keys to objects.")
        for key, members in objects.items():
            if not isinstance(members, dict):
                raise click.UsageError(f"{file}: {kind}.{key} must be an object.")
            yield Wanted(kind, str(key), members)


def _defaults(state: State) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """What an absent member means, as the document of the API says."""
    schemas = state.ask("GET", "/openapi.json")["components"]["schemas"]

    def of(name: str) -> Mapping[str, Any]:
        properties = schemas.get(name, {}).get("properties", {})
        return {key: one["default"] for key, one in properties.items() if "default" in one}

    email = of("NewEmailAction")
    return {
        ("webhooks", ""): of("WebhookPut"),
        ("actions", "webhook"): of("WebhookActionPut"),
        ("actions", "email"): email,
        ("actions", ""): of("WebhookActionPut"),
        ("event_types", ""): of("EventTypePut"),
    }


def _show(state: State, changes: list[Change]) -> None:
    if state.as_json:
        return
    if not changes:
        click.echo("Everything is as the file says.")
    for change in changes:
        if change.differs is None:
            click.echo(said(f"+ {change.wanted.title}", "green"))
            continue
        click.echo(said(f"~ {change.wanted.title}", "yellow"))
        for name, (now, wanted) in change.differs.items():
            click.echo(f"    {clean(name)}: {clean(repr(now))} → {clean(repr(wanted))}")
