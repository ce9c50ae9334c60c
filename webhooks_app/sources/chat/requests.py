"""What a visitor asks for, found by patterns."""

from collections.abc import Sequence
from dataclasses import dataclass

from webhooks_app.pipeline.operators import compile_pattern

ESCALATION = "escalation.requested"
APPOINTMENT = "appointment.requested"

ESCALATION_PATTERNS = (
    r"\b(talk|speak|chat|write|connect|transfer|put|get|pass)\b.{0,40}"
    r"\b(human|person|people|agent|someone|somebody|representative|operator|advis[eo]r)\b",
    r"\b(need|want|prefer|reach|contact|get|is there|are you) (an? )?"
    r"(real |actual |live )?(human|person|agent|representative|operator)\b",
    r"\b(real|actual|live) (human|person|agent|operator|representative)\b",
    r"\bhuman (support|help|agent|being)\b",
)
APPOINTMENT_PATTERNS = (
    r"\b(book|schedule|arrange|set up|reserve|request|make|get|plan)\b.{0,40}"
    r"\b(appointment|meeting|demo|consultation|viewing)\b",
    r"\b(book|schedule|arrange|set up|request|plan)\b.{0,20}\b(call|visit|slot)\b",
    r"\b(can|could|shall) we (meet|have a (call|meeting))\b",
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is listened for in the conversations of one chatbot."""

    escalation: Sequence[str] = ESCALATION_PATTERNS
    appointment: Sequence[str] = APPOINTMENT_PATTERNS
    region: str | None = None

    def requests_in(self, text: str) -> list[str]:
        """The event types that the text asks for."""
        patterns = {ESCALATION: self.escalation, APPOINTMENT: self.appointment}
        return [type_ for type_, some in patterns.items() if first_match(some, text) is not None]


def first_match(patterns: Sequence[str], text: str) -> str | None:
    """The first pattern found somewhere in the text, whatever the case and the line breaks.

    Raises `re2.error` for one that is none.
    """
    return next((one for one in patterns if compile_pattern(f"(?is){one}").search(text)), None)
