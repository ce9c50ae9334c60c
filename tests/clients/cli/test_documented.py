"""The commands and their document say the same."""

import re

import click
import pytest

from hookline.cli.listen.keys import KEYS
from tests.support.command_table import FILE, commands, written
from tests.support.recording import TITLE, svg_of

pytestmark = pytest.mark.quick


def test_the_tables_are_what_the_commands_say() -> None:
    text = FILE.read_text()
    assert text == written(text), "run `python -m tests.support.command_table`"


def test_each_of_the_designed_commands_is_there() -> None:
    words = {name.removeprefix("hookline ") for name in commands()}
    assert {
        *("login", "logout", "whoami", "send", "trigger", "listen", "tail", "replay", "recover"),
        *("explain", "verify", "sign", "types", "apply", "diff", "export", "doctor", "completion"),
        *(f"webhooks {verb}" for verb in ("list", "get", "create", "update", "delete")),
        *(f"webhooks {verb}" for verb in ("enable", "disable", "pause", "resume", "test")),
        *(f"actions {verb}" for verb in ("list", "create", "pause", "rotate-secret")),
        *("events list", "events get", "event-types list", "keys create", "keys rotate"),
        *("deliveries list", "deliveries get", "deliveries cancel", "inboxes list"),
        *("replays list", "listeners list"),
    } <= words


@pytest.mark.parametrize(("name", "command"), commands().items(), ids=str)
def test_every_command_and_option_says_what_it_does(name: str, command: click.Command) -> None:
    assert command.help
    assert command.help.split("\n\n")[0].strip().endswith((".", "…"))
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, (name, option.name)
            assert option.help.endswith((".", ")")), (name, option.help)


def test_every_key_of_listen_is_in_the_document() -> None:
    assert dict.fromkeys(re.findall(r"\| `(.)` \|", FILE.read_text())) == dict.fromkeys(KEYS)


def test_the_picture_in_the_readme_is_made_from_its_recording() -> None:
    cast, picture = (FILE.parent / f"screenshots/second-minute.{kind}" for kind in ("cast", "svg"))
    assert picture.read_text() == svg_of(cast.read_text(), TITLE)
    assert picture.stat().st_size < 200_000
    assert f"docs/screenshots/{picture.name}" in (FILE.parents[1] / "README.md").read_text()
