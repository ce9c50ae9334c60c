"""The form of an event that is sent by hand."""

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webhooks_app.lib import json_text
from webhooks_app.lib.pointers import Invalid
from webhooks_app.vocabulary import SUBJECT_TYPES
from webhooks_app.web.forms.choices import JSON_BOX, event_choices, event_types


class EventForm(FlaskForm):  # type: ignore[misc]
    type = SelectField("Event", choices=event_choices)
    subject_type = SelectField(
        "About", choices=[SelectChoice("", "Nothing in particular"), *SUBJECT_TYPES]
    )
    subject_id = StringField("ID")
    data = TextAreaField("Data", render_kw=JSON_BOX)
    show_sample = SubmitField("Show the sample")

    def suggest(self, name: str) -> None:
        """Begin with the sample of that type; with nothing for an unknown one."""
        if kind := event_types().get(name):
            self.type.data = kind.name
            self.data.data = json_text.indented(kind.sample)

    def subject(self) -> tuple[str, str] | None:
        if not self.subject_type.data:
            return None
        return self.subject_type.data, (self.subject_id.data or "").strip()

    def show(self, error: Invalid) -> None:
        """Each fault beside the field that it is about."""
        for fault in error.faults:
            name = fault.at.removeprefix("#/").split("/")[0]
            field = self.subject_id if name == "subject" else self[name]
            field.errors = [*field.errors, fault.detail]
