"""The forms of members: an invitation, a role, and the keys of someone who leaves."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField

from webhooks_app.vocabulary import Role


class InviteForm(FlaskForm):  # type: ignore[misc]
    email = EmailField("E-mail to invite", render_kw={"autocomplete": "off", "maxlength": 254})
    role = SelectField("Role")

    def offer(self, roles: Iterable[Role]) -> None:
        self.role.choices = [role.value for role in roles]


class KeysForm(FlaskForm):  # type: ignore[misc]
    """`key_id`: the API keys to revoke."""

    key_id = SelectMultipleField(validate_choice=False)


class RoleForm(KeysForm):
    role = SelectField(choices=[role.value for role in Role])
    confirmed = BooleanField()
