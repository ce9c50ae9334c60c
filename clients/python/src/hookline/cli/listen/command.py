"""The command `listen`."""

from __future__ import annotations

import getpass
import hashlib
import platform
import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import click

from hookline import Hookline
from hookline.cli.command import Command, Failed
from hookline.cli.listen.forwarder import Forwarder, Plan, Stopped
from hookline.cli.listen.keys import Keys
from hookline.cli.listen.screen import Screen
from hookline.cli.listen.session import Session, own_secret
from hookline.cli.listen.target import Target
from hookline.cli.listen.terminal import has_keys, keys_to
from hookline.cli.output import note
from hookline.cli.state import State, dashboard_of, pass_state
from hookline.errors import HooklineError

WORKERS = 16
# SIGHUP comes when the window is closed, unless `nohup` ignores it. Windows does not have it.
ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


@click.command(cls=Command)
@click.argument("target", metavar="PORT|URL")
@click.option("--path", default="", metavar="PATH", help="The path on the local server.")
@click.option(
    "--events", multiple=True, metavar="TYPES", help="Types or patterns, such as lead.* (all)."
)
@click.option("--chatbot", metavar="ID", help="Only events about this chatbot.")
@click.option("--format", "wire_format", metavar="NAME", help="The wire format (standard).")
@click.option("--secret", metavar="SECRET", help="Sign with this one.")
@click.option(
    "--timeout", type=click.FloatRange(1, 60), metavar="SECONDS", help="For an answer (15)."
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=WORKERS,
    metavar="N",
    help="Requests at once.",
)
@click.option("--count", type=click.IntRange(1), metavar="N", help="End after N deliveries.")
@click.option("--bodies", is_flag=True, help="Print what each request says.")
@click.option("--insecure", is_flag=True, help="Accept any certificate of the local server.")
@click.option("--live", is_flag=True, help="With a key of live mode: receive real events.")
@pass_state
def listen(
    state: State,
    target: str,
    path: str,
    events: Sequence[str],
    chatbot: str | None,
    wire_format: str | None,
    secret: str | None,
    timeout: float | None,
    concurrency: int,
    count: int | None,
    bodies: bool,
    insecure: bool,
    live: bool,
) -> None:
    """Receive events on this computer.

    Hookline keeps what happens; this fetches it, sends it to your local server and reports the
    answers. They are retried and logged as those of every webhook. Nothing needs to reach this
    computer from outside. Ctrl-C ends it; a lost connection does not.
    """
    url = url_of(target, path)
    if state.is_live and not live:
        raise click.UsageError("This key is of live mode. Add --live to receive real events here.")
    api_key = state.client.connection.api_key
    wanted: dict[str, Any] = {
        "url": url,
        "name": f"{_user()}: {url}"[:200],
        "key": hashlib.sha256(f"{platform.node()} {_user()} {url}".encode()).hexdigest()[:32],
        "event_types": [one for given in events for one in given.split(",") if one] or ["*"],
        "secret": secret or own_secret(api_key, url),
        **({"scope": {"type": "chatbot", "id": chatbot}} if chatbot else {}),
        **({"wire_format": wire_format} if wire_format else {}),
        **({"timeout": timeout} if timeout else {}),
    }
    once = Hookline(base_url=state.url, profile=state.profile, retries=0)
    session = Session(once, wanted)
    session.start()
    screen = Screen(url, state.as_json, state.quiet, bodies)
    who = state.ask("GET", "/whoami")
    _greet(state, session, url, wanted["event_types"], who)
    plan = Plan(lambda: Target(url, insecure), concurrency, count)
    keys = Keys(state, screen, dashboard_of(state, who))
    _run(state, Forwarder(session, plan, screen), keys)
    _end(state, session, screen)


def url_of(target: str, path: str) -> str:
    """`3000` is `http://localhost:3000/`, `shop.test:8080/hooks` gets its scheme."""
    if target.isdigit():
        if not 0 < int(target) < 65536:
            raise click.UsageError(f"{target} is not a port.")
        target = f"localhost:{target}"
    url = target if re.match(r"https?://", target) else f"http://{target}"
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or any(one.isspace() for one in url):
        raise click.UsageError(
            f"{target!r} is not a port or a URL. Write 3000 or localhost:3000/hooks."
        )
    if path:
        return f"{url.rstrip('/')}/{path.lstrip('/')}"
    return url if parts.path else f"{url}/"


def _run(state: State, forwarder: Forwarder, keys: Keys) -> None:
    """Until Ctrl-C, `q`, or a signal that asks for an end."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    heard = [one for one in ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, interrupt) for one in heard}
    try:
        with keys_to(keys.press):
            forwarder.run()
    except KeyboardInterrupt:
        with suppress(OSError):  # there may be no terminal any more
            note(state, "")
    except Stopped as error:
        raise Failed(str(error)) from error
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _greet(
    state: State, session: Session, url: str, event_types: Sequence[str], who: Any
) -> None:
    place = f"{who['organisation']['name']}, {who['mode']} mode"
    again = "" if session.is_new else " It continues where it stopped."
    note(state, f"Listening to {', '.join(event_types)} of {place}.{again}")
    note(state, f"Events go to {url}, signed with {session.secret}")
    more = " Press ? for the keys." if has_keys() else ""
    note(state, f"Press Ctrl-C to end.{more}")


def _end(state: State, session: Session, screen: Screen) -> None:
    try:
        session.stop()
    except HooklineError as error:
        note(state, f"The listener ends by itself in some minutes: {error}")
    note(state, f"Ended. {screen.ok} delivered, {screen.bad} failed.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "someone"
