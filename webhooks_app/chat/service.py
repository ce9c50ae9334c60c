"""Reported chat messages, and conversations that end because nobody writes."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from webhooks_app import queue
from webhooks_app.chat import idle
from webhooks_app.chat.repeats import MessageResult, ReportedMessage
from webhooks_app.chat.report import report
from webhooks_app.chat.state import Speaker
from webhooks_app.extensions import db
from webhooks_app.ingest.accept import KeyReused
from webhooks_app.lib.pointers import Fault
from webhooks_app.lib.tenant import Tenant

__all__ = [
    "KeyReused",
    "MessageResult",
    "ReportedMessage",
    "Speaker",
    "end_idle",
    "hear",
    "text_faults",
]

LARGEST_TEXT = 16 * 1024


def hear(
    tenant: Tenant,
    chatbot_id: str,
    messages: Sequence[ReportedMessage],
    now: datetime,
    simulated: bool = False,
) -> list[MessageResult]:
    """Commit `messages` and the events that follow, all or none, then ask for an engine.

    Returns an answer for each message. Raises `KeyReused` when an id or key was used for another
    message.
    """
    heard = report(db.engine, tenant, chatbot_id, messages, now, simulated)
    if any(event.plans_deliveries for one in heard for event in one.events):
        queue.nudge()
    return heard


def end_idle(now: datetime) -> None:
    """End the conversations in which nobody has written for half an hour."""
    if idle.end_idle(db.engine, now):
        queue.nudge()


def text_faults(text: str) -> Iterator[Fault]:
    if (size := len(text.encode())) > LARGEST_TEXT:
        yield Fault(
            "#", f"The text has {size} bytes; at most {LARGEST_TEXT} are allowed.", status=413
        )
