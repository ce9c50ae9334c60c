"""The command `hookline` and all below it."""

from __future__ import annotations

import click

from hookline import __version__
from hookline.cli import (
    about,
    configuration,
    explain,
    listen,
    login,
    replay,
    resources,
    send,
    tail,
    types,
    verify,
)
from hookline.cli.command import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hookline")
def hookline() -> None:
    """Report events, receive webhooks on this computer, and look after them.

    Log in with `hookline login`, or set HOOKLINE_API_KEY and HOOKLINE_URL.
    """


for command in (
    login.login,
    login.logout,
    about.whoami,
    send.send,
    send.trigger,
    listen.listen,
    tail.tail,
    replay.replay,
    replay.recover,
    explain.explain,
    verify.verify,
    verify.sign,
    types.types,
    configuration.apply,
    configuration.diff,
    configuration.export,
    about.doctor,
    about.open_page,
    about.completion,
    *resources.groups(),
):
    hookline.add_command(command)
