"""The forms of an inbox: what it answers, and which secret it checks with."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
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

from webhooks_app.services.inbox import Answer

LONGEST_DELAY = 20
LONGEST_BODY = 4096
NONE, LENT, OWN = "none", "webhook", "own"


class AnswerForm(FlaskForm):  # type: ignore[misc]
    status = IntegerField(
        "Status", validators=[NumberRange(200, 599, "A status is a number from 200 to 599.")]
    )
    delay = FloatField(
        "Wait, in seconds",
        validators=[NumberRange(0, LONGEST_DELAY, f"It waits 0 to {LONGEST_DELAY} seconds.")],
    )
    content_type = RadioField(
        "Type", choices=[SelectChoice("json", "JSON"), SelectChoice("text", "plain text")]
    )
    body = TextAreaField("Body")

    def fill(self, answer: Answer) -> None:
        self.status.data, self.delay.data = answer.status, answer.delay_ms / 1000
        self.content_type.data, self.body.data = answer.content_type, answer.body

    def answer(self) -> Answer:
        body = (self.body.data or "").replace("\r\n", "\n")
        delay_ms = round(self.delay.data * 1000)
        return Answer(self.status.data, delay_ms, body, self.content_type.data)

    def validate_body(self, field: Any) -> None:
        """Browsers end lines with CR LF; it is answered with LF."""
        text = (field.data or "").replace("\r\n", "\n")
        if len(text.encode(errors="replace")) > LONGEST_BODY:
            raise ValidationError(f"A body has at most {LONGEST_BODY:,} bytes.")
        if "\0" in text:
            raise ValidationError("A body has no NUL characters.")


class SecretForm(FlaskForm):  # type: ignore[misc]
    source = RadioField(
        "Check with",
        choices=[
            SelectChoice(LENT, "the secret of a webhook"),
            SelectChoice(OWN, "a secret of its own"),
            SelectChoice(NONE, "nothing"),
        ],
    )
    webhook = SelectField("Webhook", validate_choice=False)
    secret = StringField("Secret")
