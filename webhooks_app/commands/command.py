"""The base of all commands: they say what is wrong in one sentence."""

from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from webhooks_app.lib.errors import reason_of


class Refused(click.ClickException):
    """The command cannot do what was asked; nothing was changed."""

    exit_code = 2


class Command(click.Command):
    """Show what is wrong in one sentence, without click's usage text before it."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*args, **options)
        except click.UsageError as error:
            raise Refused(error.format_message()) from error

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except DBAPIError as error:
            raise click.ClickException(
                f"The database cannot be used: {reason_of(error)}. Check DATA_DIR and "
                "DATABASE_URL, and run `flask --app app db upgrade`."
            ) from error
