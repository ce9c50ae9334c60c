"""The forms of an inbox: a new one, its answer, and its secret for checking signatures."""

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    FloatField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange

from webhooks_app.inbox.inboxes import LONGEST_DELAY, CannedAnswer, fault_of_body
from webhooks_app.web.forms.base import FaultForm

NONE, LENT, OWN = "none", "webhook", "own"
SECRET = {"autocomplete": "off", "spellcheck": "false"}


class InboxForm(FaultForm):
    name = StringField("Name", render_kw={"autocomplete": "off"})
    secret = StringField("Signing secret", render_kw=SECRET)


class AnswerForm(FlaskForm):  # type: ignore[misc]
    status = IntegerField(
        "Status",
        validators=[NumberRange(200, 599, "Enter a status from 200 to 599.")],
        render_kw={"list": "statuses"},
    )
    delay = FloatField(
        "Delay in seconds",
        validators=[
            NumberRange(0, LONGEST_DELAY, f"Enter a delay from 0 to {LONGEST_DELAY} seconds.")
        ],
    )
    content_type = RadioField(
        "Content type", choices=[SelectChoice("json", "JSON"), SelectChoice("text", "Plain text")]
    )
    body = TextAreaField("Body")

    def fill(self, answer: CannedAnswer) -> None:
        self.status.data = answer.status
        self.delay.data = (
            answer.delay_ms / 1000 if answer.delay_ms % 1000 else answer.delay_ms // 1000
        )
        self.content_type.data, self.body.data = answer.content_type, answer.body

    def answer(self) -> CannedAnswer:
        body = (self.body.data or "").replace("\r\n", "\n")
        delay_ms = round(self.delay.data * 1000)
        return CannedAnswer(self.status.data, delay_ms, body, self.content_type.data)

    def validate_body(self, field: Field) -> None:
        """Browsers end lines with CR LF; the answer has LF."""
        text = (field.data or "").replace("\r\n", "\n")
        if (fault := fault_of_body(text)) is not None:
            raise ValidationError(fault)


class SecretForm(FlaskForm):  # type: ignore[misc]
    source = RadioField(
        "Check signatures with",
        choices=[
            SelectChoice(NONE, "The secrets of whoever sends here"),
            SelectChoice(LENT, "Also the secret of another webhook"),
            SelectChoice(OWN, "Also a secret of its own"),
        ],
    )
    webhook = SelectField("Webhook", validate_choice=False)
    secret = StringField("Secret", render_kw=SECRET)
