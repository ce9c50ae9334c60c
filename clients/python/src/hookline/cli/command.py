"""The shared options, which every command takes, and how errors end a command."""

from __future__ import annotations

import json
from typing import Any

import click

from hookline import errors
from hookline.cli.output import clean
from hookline.cli.state import State

OK, NEGATIVE, USAGE, FORBIDDEN, NOT_FOUND, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130
EXIT_CODES = {
    OK: "It worked.",
    NEGATIVE: "It ran and the result is negative: a failed delivery, a wrong signature, a refusal.",
    USAGE: "The command was not understood, or a setting is wrong.",
    FORBIDDEN: "The key is missing, unknown, expired or not allowed to do that.",
    NOT_FOUND: "Nothing with that id exists in the key's organisation and mode.",
    UNREACHABLE: "The server did not answer.",
    INTERRUPTED: "It was interrupted.",
}


class Failed(click.ClickException):
    """An error in one sentence, on standard error; with `--json` as JSON."""

    def __init__(self, message: str, exit_code: int = NEGATIVE, **members: Any) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]
        self.members = members
        context = click.get_current_context(silent=True)
        self._state = context.find_object(State) if context else None

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - what click passes
        if self._state and self._state.as_json:
            click.echo(json.dumps({"error": self.message, **self.members}), err=True)
        else:
            click.echo(f"{click.style('Error:', fg='red')} {clean(self.message)}", err=True)


def failed(error: errors.HooklineError) -> Failed:
    """What a command says about an error of the client."""
    match error:
        case errors.SettingsError():
            return Failed(str(error), FORBIDDEN if "no API key" in str(error) else USAGE)
        case errors.Unauthorized():
            return _problem(error, f"{error.detail} Run `hookline login`.", FORBIDDEN)
        case errors.InsufficientScope():
            more = "Give the key that scope, or log in again with `hookline login`."
            return _problem(error, f"{error.detail} {more}", FORBIDDEN)
        case errors.Forbidden():
            return _problem(error, error.detail, FORBIDDEN)
        case errors.NotFound():
            more = "Is it of another organisation or mode? `hookline whoami` says which you use."
            return _problem(error, f"Not found. {more}", NOT_FOUND)
        case errors.ConnectionFailed() | errors.Unavailable():
            more = "Is the address right? `hookline doctor` looks for the cause."
            return Failed(f"{error} {more}", UNREACHABLE)
        case errors.UnexpectedAnswer():
            return Failed(f"{error} Is the address right?", UNREACHABLE)
        case errors.Invalid():
            return _problem(error, _faults(error), USAGE)
        case errors.Problem():
            return _problem(error, error.detail, NEGATIVE)
        case _:
            return Failed(str(error))


def _problem(error: errors.Problem, message: str, code: int) -> Failed:
    faults = [{"at": one.where, "detail": one.detail} for one in error.errors]
    return Failed(message, code, kind=error.kind, status=error.status, errors=faults)


def _faults(error: errors.Problem) -> str:
    """Each on a line, with the member it is about."""
    if not error.errors:
        return error.detail
    lines = [
        f"{one.where.removeprefix('#/')}: {one.detail}" if one.where != "#" else one.detail
        for one in error.errors
    ]
    return "\n  ".join(lines) if len(lines) == 1 else "\n  ".join(["", *lines])


def _set(name: str) -> Any:
    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(State), name, value)

    return keep


def shared() -> list[click.Option]:
    """The options of every command, before or after its name."""
    return [
        click.Option(
            ["--profile"],
            metavar="NAME",
            help="Use this saved log-in.",
            expose_value=False,
            callback=_set("profile"),
        ),
        click.Option(
            ["--url"],
            metavar="URL",
            help="Use this address of Hookline.",
            expose_value=False,
            callback=_set("url"),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Print JSON.",
            expose_value=False,
            callback=_set("as_json"),
        ),
        click.Option(
            ["-q", "--quiet"],
            is_flag=True,
            help="Print only results.",
            expose_value=False,
            callback=_set("quiet"),
        ),
        click.Option(
            ["-y", "--yes"],
            is_flag=True,
            help="Do not ask.",
            expose_value=False,
            callback=_set("yes"),
        ),
    ]


class Command(click.Command):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += shared()

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except errors.HooklineError as error:
            raise failed(error) from error
        except KeyboardInterrupt:
            click.echo(err=True)
            context.exit(INTERRUPTED)


class Group(click.Group):
    command_class = Command

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += shared()


Group.group_class = Group
