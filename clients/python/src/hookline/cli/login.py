"""Log in and out: the key comes from the dashboard, where a person approves it (RFC 8628)."""

from __future__ import annotations

import getpass
import os
import platform
import sys
import time
import webbrowser
from collections.abc import Collection
from typing import Any

import click
import requests

from hookline import settings
from hookline._transport import USER_AGENT
from hookline.cli.command import FORBIDDEN, UNREACHABLE, Command, Failed
from hookline.cli.output import clean, note, print_json
from hookline.cli.state import State, pass_state
from hookline.errors import SettingsError

TIMEOUT = 15
SLOWER = 5
BEGUN = ("user_code", "verification_uri_complete", "device_code", "interval", "expires_in")


@click.command(cls=Command)
@click.option("--no-browser", is_flag=True, help="Only show the address and the code.")
@pass_state
def login(state: State, no_browser: bool) -> None:
    """Get a key for this computer.

    Shows a code and opens the dashboard, where you compare it, choose the organisation, the mode
    and what the key may do, and approve it. The key is saved in the system's keyring, if there is
    one and hookline[keyring] is installed. Otherwise it is saved in a file that only you can read.
    """
    url = settings.origin_of(state.url or os.environ.get("HOOKLINE_URL") or settings.DEFAULT_URL)
    name = state.profile or os.environ.get("HOOKLINE_PROFILE") or settings.DEFAULT_PROFILE
    settings.profiles()  # a broken file is found before someone approves anything
    begun = _post(url, "authorization", {"client": f"hookline on {_computer()}"}, BEGUN)
    click.echo(f"Your code: {click.style(begun['user_code'], bold=True)}", err=True)
    click.echo(f"Approve it at {begun['verification_uri_complete']}", err=True)
    if not no_browser and sys.stderr.isatty():
        webbrowser.open(begun["verification_uri_complete"])
    granted = _wait(url, begun)
    saved = settings.save_profile(name, settings.Profile(url, granted["access_token"]))
    if state.as_json:
        print_json({name: value for name, value in granted.items() if name != "access_token"})
        return
    ends = (granted.get("expires_at") or "never")[:10]
    place = f"{clean(granted['organisation'])}, {granted['mode']} mode"
    click.echo(f"Logged in to {place}. The key expires {ends}.")
    note(state, f"It is saved in {settings.place_of(saved)} as the profile {name!r}.")
    if os.environ.get("HOOKLINE_API_KEY") and not state.profile:
        note(state, "HOOKLINE_API_KEY is set and comes first: unset it to use this log-in.")


@click.command(cls=Command)
@pass_state
def logout(state: State) -> None:
    """Revoke the saved key and forget it, in the keyring and in the file."""
    name = state.profile or os.environ.get("HOOKLINE_PROFILE") or settings.DEFAULT_PROFILE
    profile = settings.profiles().get(name)
    if profile is None:
        raise SettingsError(f"There is no profile {name!r}.")
    revoked = _revoke(name, profile)
    if not settings.remove_profile(name):
        note(state, "The system's keyring could not be changed: the key is still in it.")
    if revoked:
        click.echo("Logged out. The key was revoked.")
    else:
        click.echo("Logged out here. Revoke the key on the page API keys: it still works.")


def _revoke(name: str, profile: settings.Profile) -> bool:
    """Whether the key does not work any more."""
    try:
        _post(profile.url, "revocation", {"token": settings.key_of(name, profile)})
    except (Failed, SettingsError):
        return False
    return True


def _wait(url: str, begun: dict[str, Any]) -> dict[str, Any]:
    """Until it is approved. An answer that is lost on the way is asked for again."""
    interval, ends = begun["interval"], time.monotonic() + begun["expires_in"]
    while time.monotonic() < ends:
        time.sleep(interval)
        try:
            return _post(url, "token", {"device_code": begun["device_code"]})
        except _NotYet as error:
            interval += SLOWER if error.slower else 0
        except Failed as error:
            if error.exit_code != UNREACHABLE:
                raise
    raise Failed("Nobody approved the code in time. Run `hookline login` again.", FORBIDDEN)


class _NotYet(Exception):
    def __init__(self, slower: bool) -> None:
        super().__init__()
        self.slower = slower


def _post(
    url: str, what: str, body: dict[str, Any], needed: Collection[str] = ()
) -> dict[str, Any]:
    try:
        response = requests.post(
            f"{url}/api/v1/device/{what}",
            json=body,
            headers={"User-Agent": USER_AGENT},
            timeout=TIMEOUT,
            allow_redirects=False,
        )
        found = response.json() if response.content else {}
    except requests.JSONDecodeError:
        found = None
    except requests.RequestException as error:
        more = "Is the address right? Give it by --url or HOOKLINE_URL."
        raise Failed(f"No answer from {url}: {error}. {more}", UNREACHABLE) from error
    if not isinstance(found, dict) or (response.ok and not set(needed) <= set(found)):
        raise Failed(f"{url} is not Hookline. Give its address by --url.", UNREACHABLE)
    if response.ok:
        return found
    if (code := found.get("error")) in ("authorization_pending", "slow_down"):
        raise _NotYet(code == "slow_down")
    raise Failed(str(found.get("detail", response.reason)), FORBIDDEN)


def _computer() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "someone"
    return f"{user}@{platform.node() or 'a computer'}"
