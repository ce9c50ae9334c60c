"""The form of an event that is sent by hand."""

from wtforms import Field, SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webhooks_app.lib import json_text
from webhooks_app.vocabulary import SUBJECT_TYPES
from webhooks_app.web.forms.base import FaultForm
from webhooks_app.web.forms.choices import JSON_BOX, reportable, reportable_choices


class EventForm(FaultForm):
    type = SelectField("Event", choices=reportable_choices)
    subject_type = SelectField(
        "About", choices=[SelectChoice("", "Nothing in particular"), *SUBJECT_TYPES]
    )
    subject_id = StringField("ID")
    data = TextAreaField("Data", render_kw=JSON_BOX)
    show_sample = SubmitField("Show the sample")

    def suggest(self, name: str) -> None:
        """Start with the sample of that type, or empty for an unknown one."""
        if kind := reportable().get(name):
            self.type.data = kind.name
            self.data.data = json_text.indented(kind.sample)

    def subject(self) -> tuple[str, str] | None:
        if not self.subject_type.data:
            return None
        return self.subject_type.data, (self.subject_id.data or "").strip()

    def field_at(self, first: str, *rest: str) -> Field:
        return self.subject_id if first == "subject" else super().field_at(first, *rest)
