"""The form of the signature tool."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from webhooks_app.inbox.signature_check import SIGNATURE_HEADERS

PASTED = {"autocomplete": "off", "spellcheck": "false"}


def _up_to(kilobytes: int) -> Length:
    return Length(max=kilobytes * 1024, message=f"Paste at most {kilobytes} KB.")


class SignatureForm(FlaskForm):  # type: ignore[misc]
    """The pasted text contains a secret: it is neither stored nor logged."""

    secret = StringField(
        "Signing secret",
        validators=[DataRequired("Paste the secret here."), _up_to(1)],
        render_kw=PASTED,
    )
    headers = TextAreaField(
        "Headers",
        validators=[DataRequired("Paste the headers here."), _up_to(64)],
        render_kw=PASTED | {"rows": 6, "class": "code"},
    )
    body = TextAreaField(
        "Body", validators=[_up_to(256)], render_kw=PASTED | {"rows": 8, "class": "code"}
    )
    wire_format = SelectField(
        "Format",
        choices=[
            SelectChoice("", "Detect from the headers"),
            *(SelectChoice(name, name) for name in SIGNATURE_HEADERS),
        ],
        default="",
    )
