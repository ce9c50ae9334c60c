"""Why the product cannot start: one sentence for the operator, and the exit status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

import click


class CannotStart(Exception):
    """The message is one line for the operator: what is wrong, and what to do."""


class BadSetting(CannotStart):
    """A setting that cannot be used; the message names its variable."""


@contextmanager
def exiting_in_one_line() -> Iterator[None]:
    """End the process on `CannotStart`, without a traceback."""
    try:
        yield
    except CannotStart as error:
        click.echo(f"Cannot start: {error}", err=True)
        raise SystemExit(1) from error
