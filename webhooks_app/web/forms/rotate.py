"""The forms of a new signing secret and of a new API key in place of an old one."""

from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

OVERLAPS = {
    0: "immediately",
    1: "in an hour",
    24: "in 24 hours",
    72: "in 3 days",
    168: "in 7 days",
}


def _overlap(label: str) -> SelectField:
    """Hours during which the old one still works."""
    choices = [SelectChoice(hours, words) for hours, words in OVERLAPS.items()]
    return SelectField(label, coerce=int, choices=choices, default=24)


class RotateSecretForm(FlaskForm):  # type: ignore[misc]
    overlap = _overlap("Old secret expires")


class RotateKeyForm(FlaskForm):  # type: ignore[misc]
    overlap = _overlap("The old key stops working")
