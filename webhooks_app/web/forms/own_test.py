"""The form of a test with one's own data."""

from collections.abc import Sequence
from typing import NamedTuple

from wtforms import SelectField, SubmitField, TextAreaField

from webhooks_app.web.forms.base import FaultForm
from webhooks_app.web.forms.choices import JSON_BOX

SAMPLE = "sample"


class Start(NamedTuple):
    """What the data can start as: the sample, or an event by its id."""

    id: str
    words: str


class OwnTestForm(FaultForm):
    event_type = SelectField("Event")
    start = SelectField("Start with", validate_choice=False)
    data = TextAreaField("Data", render_kw=JSON_BOX | {"rows": "14"})
    show_start = SubmitField("Show")

    def offer(self, names: Sequence[str], starts: Sequence[Start]) -> None:
        self.event_type.choices = list(names)
        self.start.choices = [(SAMPLE, "the sample of the event"), *starts]
