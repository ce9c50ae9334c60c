"""The objects of the API: list, read, create, change and delete them, and switch them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import yaml

from hookline.cli.command import Command, Group
from hookline.cli.output import note, print_json, print_object, print_table
from hookline.cli.state import State, part, pass_state
from hookline.cli.values import SINCE, members_of

MOST = 100


@dataclass(frozen=True)
class Verb:
    """A POST below one object. `path` differs from the name where the API calls it otherwise."""

    name: str
    about: str
    path: str = ""
    options: Sequence[click.Option] = ()
    asks: bool = False


@dataclass(frozen=True)
class Noun:
    """A group of commands. `filters` are options of its list; `can` are the verbs of CRUD."""

    name: str
    one: str
    path: str
    columns: Sequence[str]
    about: str
    can: str = "list get create update delete"
    filters: Sequence[str] = ()
    verbs: Sequence[Verb] = ()


TIMES = {"since": "Of this time or later: 2h, 7d, a date.", "until": "Before this time."}
FILTERS = {
    "field": "With a text at a path of the data: 'email: ada@example.com'.",
    "response": "With a text in what the receiver answered.",
    "subject": "About this chatbot, room or space.",
    "text": "With a text in the data, the error or an id.",
}


def _since(name: str, about: str, required: bool = False) -> click.Option:
    return click.Option([f"--{name}"], type=SINCE, required=required, metavar="TIME", help=about)


STATES = (
    Verb("enable", "Switch it on."),
    Verb("disable", "Switch it off. Waiting deliveries are cancelled.", asks=True),
    Verb(
        "pause",
        "Hold its deliveries until it is resumed.",
        options=[click.Option(["--until"], metavar="TIME", help="When it resumes by itself.")],
    ),
    Verb(
        "resume",
        "Send its waiting deliveries.",
        options=[
            click.Option(
                ["--rate"], type=float, metavar="N", help="So many a second (all at once)."
            )
        ],
    ),
    Verb(
        "test",
        "Send a sample now.",
        options=[
            click.Option(["--type", "event_type"], metavar="TYPE", help="Whose sample (its first).")
        ],
    ),
    Verb(
        "rotate-secret",
        "Create a new signing secret. The old one signs too for a day.",
        options=[
            click.Option(
                ["--overlap", "overlap_hours"],
                type=click.IntRange(0, 168),
                metavar="HOURS",
                help="For how long the old one signs too (24).",
            )
        ],
        asks=True,
    ),
)
NOUNS = (
    Noun(
        "webhooks",
        "webhook",
        "/webhooks",
        ("id", "name", "url", "event_types", "enabled", "counters.failed"),
        "Endpoints that receive events.",
        verbs=STATES,
    ),
    Noun(
        "actions",
        "action",
        "/actions",
        ("id", "name", "channel", "event_types", "enabled", "counters.failed"),
        "What follows an event, by e-mail or webhook.",
        verbs=STATES,
    ),
    Noun(
        "events",
        "event",
        "/events",
        ("id", "type", "subject.id", "occurred_at"),
        "What happened.",
        can="list get",
        filters=("type", "text", "field", "subject", "since", "until"),
    ),
    Noun(
        "event-types",
        "event type",
        "/event-types",
        ("name", "title", "group", "own"),
        "The catalogue, and your own types.",
    ),
    Noun(
        "deliveries",
        "delivery",
        "/deliveries",
        ("id", "event.type", "subscription_id", "status", "status_code", "created_at", "error"),
        "What was sent, and how it went.",
        can="list get",
        filters=(
            *("status", "subscription_id", "event_type", "event_id", "status_code"),
            *("text", "field", "subject", "response", "since", "until"),
        ),
        verbs=(
            Verb("retry-now", "Retry a waiting delivery at once."),
            Verb("cancel", "Cancel a waiting delivery.", asks=True),
        ),
    ),
    Noun(
        "replays",
        "replay",
        "/replays",
        ("id", "status", "total", "replayed", "requested_by", "created_at"),
        "Many deliveries, sent again.",
        can="list get",
        verbs=(Verb("cancel", "Stop it. What was sent stays."),),
    ),
    Noun(
        "keys",
        "API key",
        "/api-keys",
        ("id", "name", "hint", "scopes", "last_used_at", "expires_at"),
        "API keys of this mode.",
        can="list get create delete",
        verbs=(
            Verb(
                "rotate",
                "Create a new key in its place. The old one works for a day.",
                options=[
                    click.Option(
                        ["--overlap", "overlap_hours"],
                        type=click.IntRange(0, 168),
                        metavar="HOURS",
                        help="For how long the old one works (24).",
                    )
                ],
                asks=True,
            ),
        ),
    ),
    Noun(
        "inboxes",
        "inbox",
        "/inboxes",
        ("id", "name", "url", "requests", "last_received_at"),
        "Test receivers, and what they were sent.",
        can="list get create delete",
    ),
    Noun(
        "listeners",
        "listener",
        "/listeners",
        ("id", "name", "url", "event_types", "expires_at"),
        "Computers that run `hookline listen`.",
        can="list",
    ),
)


def groups() -> list[Group]:
    return [_group(noun) for noun in NOUNS]


def _group(noun: Noun) -> Group:
    group = Group(noun.name, help=noun.about)
    makers: Mapping[str, Callable[[Noun], Command]] = {
        "list": _list,
        "get": _get,
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    for verb in noun.can.split():
        group.add_command(makers[verb](noun))
    for one in noun.verbs:
        group.add_command(_verb(noun, one))
    return group


def _list(noun: Noun) -> Command:
    @pass_state
    def run(state: State, /, limit: int, **filters: Any) -> None:
        query = {name: value for name, value in filters.items() if value is not None}
        rows = list(state.pages(noun.path, limit, query))
        if state.as_json:
            print_json(rows)
            return
        print_table(rows, noun.columns, f"There are no {noun.name.replace('-', ' ')}.")
        if len(rows) == limit:
            note(state, f"These are the first {limit}. Ask for more with --limit.")

    limit = click.Option(
        ["--limit"],
        type=click.IntRange(1, 100_000),
        default=MOST,
        metavar="N",
        help="How many at most.",
    )
    filters = [_filter(name) for name in noun.filters]
    return Command(
        "list", callback=run, params=[limit, *filters], help=f"Show {noun.name.replace('-', ' ')}."
    )


def _filter(name: str) -> click.Option:
    if name in TIMES:
        return _since(name, TIMES[name])
    about = FILTERS.get(name, "Only those.")
    return click.Option([f"--{name.replace('_', '-')}", name], metavar="TEXT", help=about)


def _get(noun: Noun) -> Command:
    @pass_state
    def run(state: State, /, id_: str) -> None:
        _print(state, state.ask("GET", f"{noun.path}/{part(id_)}"))

    return Command("get", callback=run, params=[_id(noun)], help=f"Show one {noun.one}.")


def _create(noun: Noun) -> Command:
    @pass_state
    def run(state: State, /, pairs: Sequence[str], file: str | None) -> None:
        body = _body(pairs, file)
        state.confirm_live(f"Create this {noun.one}")
        _print(state, state.ask("POST", noun.path, body))

    about = f"Create one: hookline {noun.name} create -d name=…"
    return Command("create", callback=run, params=_members(), help=about)


def _update(noun: Noun) -> Command:
    @pass_state
    def run(state: State, /, id_: str, pairs: Sequence[str], file: str | None) -> None:
        body = _body(pairs, file)
        state.confirm_live(f"Change {id_}")
        _print(state, state.ask("PATCH", f"{noun.path}/{part(id_)}", body))

    return Command(
        "update",
        callback=run,
        params=[_id(noun), *_members()],
        help="Change members of one. The others stay.",
    )


def _delete(noun: Noun) -> Command:
    @pass_state
    def run(state: State, /, id_: str) -> None:
        state.confirm(f"Delete {id_}?")
        state.ask("DELETE", f"{noun.path}/{part(id_)}")
        note(state, f"Deleted {id_}.")

    return Command(
        "delete", callback=run, params=[_id(noun)], help=f"Delete one {noun.one}. It asks first."
    )


def _verb(noun: Noun, verb: Verb) -> Command:
    @pass_state
    def run(state: State, /, id_: str, **given: Any) -> None:
        if verb.asks:
            state.confirm(f"{verb.name.capitalize().replace('-', ' ')} {id_}?")
        else:
            state.confirm_live(f"{verb.name.capitalize().replace('-', ' ')} {id_}")
        body = {name: value for name, value in given.items() if value is not None}
        path = f"{noun.path}/{part(id_)}/{verb.path or verb.name}"
        _print(state, state.ask("POST", path, body or None))

    return Command(verb.name, callback=run, params=[_id(noun), *verb.options], help=verb.about)


def _print(state: State, found: Any) -> None:
    if found is None:
        note(state, "Done.")
    elif state.as_json:
        print_json(found)
    else:
        print_object(found)


def _id(noun: Noun) -> click.Argument:
    return click.Argument(["id_"], metavar="NAME" if noun.name == "event-types" else "ID")


def _members() -> list[click.Option]:
    return [
        click.Option(
            ["-d", "--data", "pairs"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A member. JSON is taken as such, and name.inner=1 reaches inside.",
        ),
        click.Option(
            ["-f", "--file"], metavar="FILE", help="Members from a file, in JSON or YAML."
        ),
    ]


def _body(pairs: Sequence[str], file: str | None) -> dict[str, Any]:
    body = {**(object_of(file) if file else {}), **members_of(pairs)}
    if not body:
        raise click.UsageError("Give members by -d name=value, or a file by -f.")
    return body


def object_of(file: str) -> Mapping[str, Any]:
    """An object in JSON or YAML. `-` is standard input."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        found = yaml.safe_load(text)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is neither JSON nor YAML: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"{file} must hold an object.")
    return found
