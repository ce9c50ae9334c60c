"""The command `listen`."""

from __future__ import annotations

import getpass
import hashlib
import platform
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from hookline import Hookline
from hookline.cli.command import Command, Failed
from hookline.cli.listen.forwarder import Forwarder, Plan, Stopped
from hookline.cli.listen.keys import Keys
from hookline.cli.listen.routes import Routes, Targets, routes_of
from hookline.cli.listen.screen import Screen
from hookline.cli.listen.session import Session, own_secret
from hookline.cli.listen.terminal import has_keys, keys_to
from hookline.cli.output import note
from hookline.cli.state import State, dashboard_of, pass_state
from hookline.errors import HooklineError

WORKERS = 16
# SIGHUP comes when the window is closed, unless `nohup` ignores it. Windows does not have it.
ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


@click.command(cls=Command)
@click.argument("target", metavar="[PORT|URL]", required=False)
@click.option("--path", default="", metavar="PATH", help="The path on the local server.")
@click.option(
    "--events", multiple=True, metavar="TYPES", help="Types or patterns, such as lead.* (all)."
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="TYPES=TARGET",
    help="Send these types to another port, path or URL. The first one that fits counts.",
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
    target: str | None,
    path: str,
    events: Sequence[str],
    maps: Sequence[str],
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
    routes = routes_of(target, path, maps)
    if events and routes.default is None:
        raise click.UsageError("--events needs PORT|URL, for what no --map takes.")
    if state.is_live and not live:
        raise click.UsageError("This key is of live mode. Add --live to receive real events here.")
    url, api_key = routes.main, state.client.connection.api_key
    wanted: dict[str, Any] = {
        "url": url,
        "name": f"{_user()}: {url}"[:200],
        "key": hashlib.sha256(f"{platform.node()} {_user()} {url}".encode()).hexdigest()[:32],
        "event_types": routes.event_types(
            [one for given in events for one in given.split(",") if one]
        ),
        "secret": secret or own_secret(api_key, url),
        **({"scope": {"type": "chatbot", "id": chatbot}} if chatbot else {}),
        **({"wire_format": wire_format} if wire_format else {}),
        **({"timeout": timeout} if timeout else {}),
    }
    once = Hookline(base_url=state.url, profile=state.profile, retries=0)
    session = Session(once, wanted)
    session.start()
    screen = Screen(state.as_json, state.quiet, bodies, shows_urls=bool(maps))
    who = state.ask("GET", "/whoami")
    _greet(state, session, routes, wanted["event_types"], who)
    plan = Plan(lambda: Targets(routes, insecure), concurrency, count)
    keys = Keys(state, screen, dashboard_of(state, who))
    _run(state, Forwarder(session, plan, screen), keys)
    _end(state, session, screen)


def _run(state: State, forwarder: Forwarder, keys: Keys) -> None:
    """Until Ctrl-C, `q`, or a signal that asks for an end. Only Ctrl-C cuts the end short."""
    asked = False

    def interrupt(*_: object) -> None:
        nonlocal asked
        if not (asked or forwarder.is_ending):
            asked = True
            raise KeyboardInterrupt

    heard = [one for one in ENDING if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, interrupt) for one in heard}
    try:
        with keys_to(keys.press, state.as_json):
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
    state: State, session: Session, routes: Routes, event_types: Sequence[str], who: Any
) -> None:
    place = f"{who['organisation']['name']}, {who['mode']} mode"
    again = "" if session.is_new else " It continues where it stopped."
    note(state, f"Listening to {', '.join(event_types)} of {place}.{again}")
    for one in routes.maps:
        note(state, f"{one.types} goes to {one.url}")
    if routes.default:
        what = "All other events go" if routes.maps else "Events go"
        note(state, f"{what} to {routes.default}, signed with {session.secret}")
    else:
        note(state, f"They are signed with {session.secret}")
    more = " Press ? for the keys." if has_keys(state.as_json) else ""
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
