"""Chats, as periodic jobs."""

from webhooks_app.clock import utcnow
from webhooks_app.services import chat


def end_idle() -> None:
    chat.end_idle(utcnow())
