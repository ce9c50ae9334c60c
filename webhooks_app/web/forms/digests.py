"""The part of an action's form that makes it a digest."""

from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, SelectField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice

from webhooks_app.digests.schedule import STEP_HOURS
from webhooks_app.lib.times import time_zones
from webhooks_app.vocabulary import SUBJECT_TYPES, Frequency
from webhooks_app.web.forms.bindings import EACH_EVENT, SPECIAL, read_schedule
from webhooks_app.web.words import FREQUENCIES, WEEKDAYS


class DigestFields(Form):  # type: ignore[misc]
    """Only for e-mail actions; ignored for all others."""

    frequency = SelectField(
        "How often",
        choices=[
            SelectChoice(EACH_EVENT, "At once, for each event"),
            *(SelectChoice(one.value, f"Digest {name}") for one, name in FREQUENCIES.items()),
        ],
        default=EACH_EVENT,
    )
    show_schedule = SubmitField("Choose when")
    hour = SelectField(
        "At",
        coerce=int,
        choices=[SelectChoice(hour, f"{hour:02}:00") for hour in range(24)],
        default=9,
    )
    weekday = SelectField(
        "On", coerce=int, choices=[SelectChoice(*one) for one in enumerate(WEEKDAYS)], default=0
    )
    time_zone = SelectField(
        "Time zone",
        choices=[SelectChoice("", "Your organisation's"), *sorted(time_zones())],
        default="",
    )
    skip_empty = BooleanField("Skip the digest when nothing happened")

    @property
    def is_digest(self) -> bool:
        return self.frequency.data not in (None, EACH_EVENT)

    @property
    def is_weekly(self) -> bool:
        return bool(self.frequency.data == Frequency.WEEKLY)

    @property
    def is_hourly(self) -> bool:
        """Whether the hour of the day does not matter."""
        return bool(self.frequency.data == Frequency.HOURLY)

    @property
    def comes_often(self) -> bool:
        """Whether it comes several times a day."""
        return self.frequency.data in STEP_HOURS

    def schedule(self) -> Mapping[str, object] | None:
        """The schedule for `digests.schedule`; None for an e-mail per event."""
        return read_schedule(*(self[name].data for name in SPECIAL["schedule"].fields))


class DigestForm(DigestFields, FlaskForm):  # type: ignore[misc]
    """The part of an action's form that a preview needs."""

    name = StringField()
    scope_type = SelectField("Scope", choices=[SelectChoice("", "Everything"), *SUBJECT_TYPES])
    scope_id = StringField("Scope ID")

    def scope(self) -> tuple[str, str] | None:
        id_ = (self.scope_id.data or "").strip()
        return (self.scope_type.data, id_) if self.scope_type.data and id_ else None

    def why_not(self) -> str | None:
        """Why there is no preview, as a sentence."""
        if not self.validate():
            field = next(field for field in self if field.errors)
            return f"{field.label.text}: {' '.join(map(str, field.errors))}"
        if self.scope_type.data and self.scope() is None:
            return f"Enter the ID of the {self.scope_type.data}."
        return None if self.is_digest else "Choose a digest schedule to see a preview."
