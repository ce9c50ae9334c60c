"""About the connection itself: who you are, whether it works, pages, completion."""

from __future__ import annotations

import os
import stat
import time
import webbrowser
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import click
import requests
from click.shell_completion import get_completion_class

from hookline import __version__, _keyring, settings
from hookline.cli.command import NEGATIVE, Command
from hookline.cli.output import BAD, GOOD, WAITS, print_json, print_object, said
from hookline.cli.state import State, dashboard_of, pass_state
from hookline.errors import HooklineError

SCOPES = ("events:write", "events:read", "deliveries:read", "deliveries:write", "listeners:write")
MOST_SKEW = 60
PAGES = {
    "overview": "/",
    "webhooks": "/webhooks/",
    "actions": "/actions/",
    "deliveries": "/deliveries/",
    "events": "/events/",
    "inboxes": "/test-webhook/",
    "keys": "/api-keys/",
    "docs": "/docs/",
}


@click.command(cls=Command)
@pass_state
def whoami(state: State) -> None:
    """Show which organisation and mode the key belongs to, and what it may do."""
    found = state.ask("GET", "/whoami")
    if state.as_json:
        print_json(found)
        return
    print_object(
        {
            "organisation": found["organisation"]["name"],
            "mode": found["mode"],
            "address": state.client.connection.url,
            "key": f"{found['key']['name']} (…{found['key']['hint']})",
            "key from": state.client.connection.source,
            "expires": found["key"]["expires_at"] or "never",
            "scopes": found["key"]["scopes"],
            "plan": found["plan"]["title"],
        }
    )


@click.command("open", cls=Command)
@click.argument("page", type=click.Choice(list(PAGES)), default="overview")
@pass_state
def open_page(state: State, page: str) -> None:
    """Open a page of the dashboard in the browser, in the organisation and mode of the key."""
    if page == "docs":
        start = state.client.connection.url
    else:
        start = dashboard_of(state, state.ask("GET", "/whoami"))
    address = f"{start}{PAGES[page]}"
    click.echo(address)
    webbrowser.open(address)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what completes commands in your shell.

    For bash: echo 'eval "$(hookline completion bash)"' >> ~/.bashrc
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    click.echo(kind(root, {}, "hookline", "_HOOKLINE_COMPLETE").source())


class Finding(NamedTuple):
    """`good` is None for what is worth knowing and not wrong."""

    good: bool | None
    text: str


@click.command(cls=Command)
@pass_state
def doctor(state: State) -> None:
    """Check settings, address, key and clock. It ends with 1 if something is wrong."""
    findings = list(_findings(state))
    if state.as_json:
        print_json([one._asdict() for one in findings])
    else:
        for one in findings:
            mark = {True: said("ok  ", GOOD), False: said("bad ", BAD)}.get(
                one.good,  # type: ignore[arg-type]
                said("note", WAITS),
            )
            click.echo(f"{mark}  {said(one.text)}")
    if any(one.good is False for one in findings):
        click.get_current_context().exit(NEGATIVE)


def _findings(state: State) -> Iterator[Finding]:
    yield Finding(True, f"hookline {__version__}")
    yield from _of_file()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        if os.environ.get(name) or os.environ.get(name.lower()):
            yield Finding(None, f"{name} is set: requests to Hookline go through that proxy.")
    try:
        connection = state.client.connection
    except HooklineError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"The key is from {connection.source}.")
    yield from _of_address(connection.url)
    yield from _of_key(state)


def _of_file() -> Iterator[Finding]:
    file = settings.config_file()
    if keyring := _keyring.name():
        yield Finding(True, f"`hookline login` saves keys in the system's keyring ({keyring}).")
    else:
        yield Finding(None, f"There is no keyring here: `hookline login` saves keys in {file}.")
    if not file.exists():
        yield Finding(None, f"There is no {file}: nobody has run `hookline login` here.")
        return
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        yield Finding(False, f"Others can read {file}. Run: chmod 600 {file}")
    else:
        yield Finding(True, f"{file} is readable by you only.")


def _of_address(url: str) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        response = requests.get(f"{url}/healthz", timeout=10, allow_redirects=False)
    except requests.RequestException as error:
        yield Finding(False, f"{url} does not answer: {error}")
        return
    spent = round((time.monotonic() - began) * 1000)
    if response.status_code != 200:
        yield Finding(False, f"{url} answers {response.status_code}: is it Hookline?")
        return
    yield Finding(True, f"{url} answers in {spent} ms.")
    if url.startswith("http://") and "//127.0.0.1" not in url and "//localhost" not in url:
        yield Finding(None, f"{url} is not https: others on the way can read the key.")
    if (skew := _skew(response.headers.get("Date"))) is not None:
        good = abs(skew) < MOST_SKEW
        words = "agrees with the server's" if good else f"is off by {skew:.0f} s"
        more = "" if good else ", so signatures look too old. Set it."
        yield Finding(good, f"The clock of this computer {words}{more}")


def _skew(date: str | None) -> float | None:
    if date is None:
        return None
    try:
        return (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return None


def _of_key(state: State) -> Iterator[Finding]:
    try:
        found: Any = state.ask("GET", "/whoami")
    except HooklineError as error:
        yield Finding(False, f"The key does not work: {error}")
        return
    place = f"{found['organisation']['name']}, {found['mode']} mode"
    yield Finding(True, f"The key works: {place}.")
    if missing := [one for one in SCOPES if one not in found["key"]["scopes"]]:
        yield Finding(None, f"The key lacks {', '.join(missing)}.")
    if ends := found["key"]["expires_at"]:
        days = (datetime.fromisoformat(ends) - datetime.now(UTC)).days
        yield Finding(days >= 7 or None, f"The key expires in {days} days.")
