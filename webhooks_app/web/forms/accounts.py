"""Forms of accounts."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from webhooks_app.lib.times import time_zones
from webhooks_app.people.password_rules import SHORTEST_PASSWORD

LONGEST_PASSWORD = 1000
# What a browser's password manager looks for.
KNOWN, CHOSEN = {"autocomplete": "current-password"}, {"autocomplete": "new-password"}


class LogInForm(FlaskForm):  # type: ignore[misc]
    email = EmailField(
        "E-mail", validators=[InputRequired("Enter your e-mail address."), Length(max=254)]
    )
    password = PasswordField(
        "Password", validators=[InputRequired("Enter your password."), Length(max=LONGEST_PASSWORD)]
    )


class NameForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name")


class OrganisationForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name")
    time_zone = SelectField("Time zone", choices=sorted(time_zones()))


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    new = PasswordField(
        "New password",
        validators=[
            Length(
                SHORTEST_PASSWORD,
                LONGEST_PASSWORD,
                f"The password needs at least {SHORTEST_PASSWORD} characters.",
            )
        ],
        render_kw=CHOSEN,
    )
    again = PasswordField(
        "Repeat new password",
        validators=[EqualTo("new", "The passwords do not match.")],
        render_kw=CHOSEN,
    )


class PasswordForm(NewPasswordForm):
    current = PasswordField(
        "Current password",
        validators=[InputRequired("Enter your current password."), Length(max=LONGEST_PASSWORD)],
        render_kw=KNOWN,
    )


class JoinForm(NewPasswordForm):
    name = StringField(
        "Your name",
        validators=[InputRequired("Enter your name.")],
        render_kw={"autocomplete": "name"},
    )


class ProofForm(FlaskForm):  # type: ignore[misc]
    """One of three proves who somebody is; `passkey` is what the browser signed."""

    password = PasswordField("Password", render_kw=KNOWN | {"required": True})
    code = StringField(
        "Recovery code",
        render_kw={
            "autocomplete": "one-time-code",
            "spellcheck": "false",
            "autocapitalize": "none",
            "maxlength": 64,
            "required": True,
            "value": "",  # a wrong one is not shown again
        },
    )
    passkey = HiddenField()

    def refuse(self, fault: str) -> None:
        """`fault` is about what was sent."""
        sent = next((one for one in (self.passkey, self.code) if one.data), self.password)
        sent.errors = [fault]


class FirstCodeForm(FlaskForm):  # type: ignore[misc]
    """Proves that an authenticator app knows the secret that the page showed, here `sealed`."""

    sealed = HiddenField()
    code = StringField(
        "Code",
        render_kw={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": 16,
            "required": True,
        },
    )


class PasskeyForm(FlaskForm):  # type: ignore[misc]
    """`passkey` is what the browser signed."""

    name = StringField("Name", render_kw={"maxlength": 200, "required": True, "autofocus": True})
    passkey = HiddenField()


class ForgotForm(FlaskForm):  # type: ignore[misc]
    email = EmailField(
        "E-mail", validators=[InputRequired("Enter your e-mail address."), Length(max=254)]
    )
