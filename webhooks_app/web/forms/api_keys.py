"""The form of a new API key."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import DateField, Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput

from webhooks_app.people.api_keys import PRESETS, SCOPES
from webhooks_app.web.forms.base import FaultForm

NEVER, ON_A_DAY, CUSTOM = "never", "day", "custom"
LIVES = {7: "in 7 days", 30: "in 30 days", 90: "in 90 days", 365: "in a year"}


class KeyForm(FaultForm):
    """`expires_on` is a key's last day, in the organisation's time zone."""

    name = StringField(
        "Name", validators=[InputRequired("Give the key a name.")], render_kw={"maxlength": 200}
    )
    preset = RadioField(
        "May",
        choices=[
            *(SelectChoice(name, one.title) for name, one in PRESETS.items()),
            SelectChoice(CUSTOM, "Only these scopes"),
        ],
        default="all",
    )
    scopes = SelectMultipleField(
        "Scopes",
        choices=[SelectChoice(one, one) for one in SCOPES],
        option_widget=CheckboxInput(),
    )
    expires = SelectField(
        "Expires",
        choices=[
            SelectChoice(NEVER, "never"),
            *(SelectChoice(str(days), words) for days, words in LIVES.items()),
            SelectChoice(ON_A_DAY, "on a day"),
        ],
        default=NEVER,
    )
    expires_on = DateField("Last day", validators=[Optional()])

    def chosen_scopes(self) -> list[str]:
        if self.preset.data == CUSTOM:
            return list(self.scopes.data or [])
        return list(PRESETS[self.preset.data].scopes)

    def expires_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        if self.expires.data == NEVER:
            return None
        if self.expires.data == ON_A_DAY:
            assert self.expires_on.data is not None
            return datetime.combine(self.expires_on.data, time(23, 59, 59), zone)
        return now + timedelta(days=int(self.expires.data))

    def validate(self, extra_validators: object = None) -> bool:
        """A day is required only if that choice was made."""
        is_valid = super().validate(extra_validators)
        if self.expires.data == ON_A_DAY and not (self.expires_on.data or self.expires_on.errors):
            self.expires_on.errors = ["Choose the last day on which the key works."]
            return False
        return bool(is_valid)

    def field_at(self, first: str, *rest: str) -> Field:
        if first == "expires_at":
            first = "expires_on" if self.expires.data == ON_A_DAY else "expires"
        return super().field_at(first, *rest)
