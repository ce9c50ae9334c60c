"""The form of a new signing secret."""

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


class RotateForm(FlaskForm):  # type: ignore[misc]
    overlap = SelectField(
        "Old secret expires",
        coerce=int,
        choices=[SelectChoice(hours, words) for hours, words in OVERLAPS.items()],
        default=24,
    )
