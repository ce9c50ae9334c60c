"""What forms have in common."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import Field

from webhooks_app.lib.pointers import Fault


class FaultForm(FlaskForm):  # type: ignore[misc]
    """A form that shows what a service finds wrong, each fault beside the field it is about."""

    def show(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            field = self.field_at(*fault.at.removeprefix("#/").split("/"))
            field.errors = [*field.errors, fault.detail]

    def field_at(self, first: str, *rest: str) -> Field:  # noqa: ARG002
        """That of a member, and of what is inside it."""
        return self[first]
