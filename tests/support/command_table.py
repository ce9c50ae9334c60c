"""The tables of docs/commands.md, made from the commands themselves.

`python -m tests.support.command_table` writes them again.
"""

import re
from collections.abc import Iterator

import click

from hookline.cli.command import EXIT_CODES, shared
from hookline.cli.commands import hookline
from webhooks_app.lib.folders import folder

FILE = folder("docs") / "commands.md"
ROWS = r"(^\|.*\n)+"


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its whole name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for word, one in command.commands.items():
        yield from walk(one, f"{name} {word}")


def commands() -> dict[str, click.Command]:
    return dict(walk(hookline, "hookline"))


def tables() -> dict[str, str]:
    """By the heading of their section."""
    return {
        "Commands": _table(("command", "what it does", "options"), map(_row, commands().items())),
        "Options of every command": _table(
            ("option", "what it does"), ((_option(one), one.help or "") for one in shared())
        ),
        "Exit codes": _table(
            ("code", "meaning"), ((str(n), said) for n, said in EXIT_CODES.items())
        ),
    }


def written(text: str) -> str:
    """The document with its tables as they should be."""
    for heading, table in tables().items():
        before, found, section = text.partition(f"## {heading}\n")
        assert found, heading
        escaped = table.replace("\\", "\\\\")
        text = before + found + re.sub(ROWS, escaped, section, count=1, flags=re.MULTILINE)
    return text


def _row(entry: tuple[str, click.Command]) -> tuple[str, str, str]:
    name, command = entry
    everywhere = {one.name for one in shared()}
    arguments = [
        one.make_metavar(click.Context(command))
        for one in command.params
        if isinstance(one, click.Argument)
    ]
    options = [
        _option(one)
        for one in command.params
        if isinstance(one, click.Option) and one.name not in everywhere
    ]
    about = " ".join((command.help or "").split("\n\n")[0].split())
    return f"`{' '.join([name, *arguments])}`", about, " ".join(options)


def _option(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(hookline))}"
    return f"`{max(option.opts, key=len)}{value}`"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    ruler = f"|{'---|' * len(head)}\n"
    return _line(head) + ruler + "".join(map(_line, rows))


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    FILE.write_text(written(FILE.read_text()))
