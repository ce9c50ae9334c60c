"""Chats, as periodic jobs."""

from webhooks_app.chat import service as chat
from webhooks_app.database import clock_of
from webhooks_app.extensions import db


def end_idle() -> None:
    chat.end_idle(clock_of(db.engine))
