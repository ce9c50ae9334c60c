"""The form of an invitation."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField

from webhooks_app.vocabulary import Role


class InviteForm(FlaskForm):  # type: ignore[misc]
    email = EmailField("E-mail to invite", render_kw={"autocomplete": "off", "maxlength": 254})
    role = SelectField("Role")

    def offer(self, roles: Iterable[Role]) -> None:
        self.role.choices = [role.value for role in roles]
