"""The form of resuming a paused action or webhook."""

from flask_wtf import FlaskForm
from wtforms import FloatField
from wtforms.validators import NumberRange, Optional

from webhooks_app.subscriptions.spec import HIGHEST_RATE, LOWEST_RATE

RANGE = f"Give {LOWEST_RATE} to {HIGHEST_RATE:,} a second, or leave it empty."


class ResumeForm(FlaskForm):  # type: ignore[misc]
    rate = FloatField(
        "Deliveries per second",
        [Optional(), NumberRange(LOWEST_RATE, HIGHEST_RATE, RANGE)],
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )
