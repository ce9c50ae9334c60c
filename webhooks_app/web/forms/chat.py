"""The form of the chat settings: one pattern per line."""

from wtforms import SelectField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webhooks_app.chat.settings import REGIONS, ChatSettingsInput
from webhooks_app.web.forms.base import FaultForm

PATTERNS = {"rows": 6, "class": "patterns", "spellcheck": "false"}


class ChatForm(FaultForm):
    escalation = TextAreaField("A visitor asks for a human", render_kw=PATTERNS)
    appointment = TextAreaField("A visitor asks for an appointment", render_kw=PATTERNS)
    region = SelectField(
        "Default country",
        choices=[
            SelectChoice("", "None: only numbers starting with +"),
            *(SelectChoice(region, f"{region} (+{code})") for region, code in REGIONS.items()),
        ],
    )
    regions = TextAreaField("Countries by chatbot", render_kw={"rows": 3})
    sample = StringField("Try a message")
    save = SubmitField("Save")
    try_out = SubmitField("Try")

    def fill(self, wanted: ChatSettingsInput) -> None:
        self.escalation.data = "\n".join(wanted.escalation)
        self.appointment.data = "\n".join(wanted.appointment)
        self.region.data = wanted.region
        self.regions.data = "\n".join(f"{id_} {region}" for id_, region in wanted.regions)

    def wanted(self) -> ChatSettingsInput:
        return ChatSettingsInput(
            escalation=_lines(self.escalation.data),
            appointment=_lines(self.appointment.data),
            region=self.region.data or "",
            regions=[_chatbot(line) for line in _lines(self.regions.data)],
        )


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _chatbot(line: str) -> tuple[str, str]:
    id_, _, region = line.rpartition(" ")
    return id_.strip(), region.upper()
