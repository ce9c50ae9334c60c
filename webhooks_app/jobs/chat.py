"""Chats, as periodic jobs."""

from webhooks_app.chat import service as chat
from webhooks_app.lib.times import utcnow


def end_idle() -> None:
    chat.end_idle(utcnow())
