"""The forms of the chat simulator: a message, and a new conversation with its first."""

from collections.abc import Iterable

from wtforms import StringField, TextAreaField

from webhooks_app.web.forms.base import FaultForm

UNNAMED_CHATBOT = "bot_simulated"


class MessageForm(FaultForm):
    """`role` is the value of the button that was pressed."""

    text = TextAreaField("Message", render_kw={"rows": 2})
    role = StringField("Role")

    def message(self) -> tuple[str, str]:
        """The sender and the text."""
        return self.role.data or "", self.text.data or ""


class ConversationForm(MessageForm):
    chatbot_id = StringField("Chatbot", render_kw={"list": "chatbots", "maxlength": 200})

    def suggest(self, chatbot_ids: Iterable[str]) -> None:
        self.chatbot_id.data = self.chatbot_id.data or next(iter(chatbot_ids), UNNAMED_CHATBOT)
