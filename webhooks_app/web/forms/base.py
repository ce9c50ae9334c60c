"""The base of forms."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import Field

from webhooks_app.lib.pointers import Fault


class FaultForm(FlaskForm):  # type: ignore[misc]
    """A form that shows a service's faults, each beside its field."""

    def show(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            field = self.field_at(*fault.at.removeprefix("#/").split("/"))
            field.errors = [*field.errors, fault.detail]

    def field_at(self, first: str, *rest: str) -> Field:  # noqa: ARG002
        """The field of a member, also for what is inside the member."""
        return self[first]
