"""Find contact details, and by patterns requests, in what a visitor writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import re2

from webhooks_app.chat.contacts import Contact
from webhooks_app.matching.budget import Budget, Spent
from webhooks_app.matching.operators import compile_pattern

ESCALATION = "escalation.requested"
APPOINTMENT = "appointment.requested"

ESCALATION_PATTERNS = (
    r"\b(talk|speak|chat|write|connect|transfer|put|get|pass)\b.{0,40}"
    r"\b(humans?|person|people|agent|someone|somebody|representative|operator|advis[eo]r)\b",
    r"\b(talk|speak|connect|transfer|put|pass)\b.{0,40}"
    r"\b(anyone|anybody|manager|supervisor|support|customer (service|care))\b",
    r"\b(need|want|prefer|reach|contact|get|is there|are you|would like|['’]d like) (an? )?"
    r"(real |actual |live )?(human|person|agent|representative|operator)\b",
    r"\b(real|actual|live) (human|person|agent|operator|representative)\b",
    r"\bhuman (support|help|agent|being)\b",
    r"\b(can|could|would|will) (someone|somebody|anyone|a person|a human) (please )?"
    r"(call|phone|ring|contact|help)\b",
    r"^\W*(an? )?(human|person|agent|operator|representative|customer service)"
    r"\W*(please|now)?\W*$",
)
APPOINTMENT_PATTERNS = (
    r"\b(book|(re)?schedule|arrange|set up|reserve|request|make|get|plan)\b.{0,40}"
    r"\b(appointment|meeting|demo|consultation|viewing|reservation)\b",
    r"\b(book|schedule|arrange|set up|request|plan)\b.{0,20}\b(call|visit|slot)\b",
    r"\bbook (an? (time|session|table|room)|me in)\b",
    r"\b(need|want|would like|['’]d like|looking for) (to have )?(an?|another) (\w+ )?"
    r"(appointment|meeting|demo|consultation|viewing|reservation)\b",
    r"\b(any|free|open|next|available) (appointment|slot)s?\b",
    r"\b(can|could|shall|may) (we|i) (meet|come (in|by|over)|have a (call|meeting))\b",
    r"^\W*(an? )?appointment\W*(please|now)?\W*$",
)


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in one text: contact details, and the event types that it asks for."""

    contacts: Sequence[Contact] = ()
    requests: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Requests:
    """The event types that a text asks for.

    Not `tried`: some patterns cost more than the rest of the budget and count as not found.
    """

    types: Sequence[str] = ()
    tried: bool = True


@dataclass(frozen=True, slots=True)
class ListeningRules:
    """What to listen for in the conversations of one chatbot.

    Not `readable`: the organisation's settings cannot be read, so these are the defaults.
    """

    escalation: Sequence[str] = ESCALATION_PATTERNS
    appointment: Sequence[str] = APPOINTMENT_PATTERNS
    region: str | None = None
    readable: bool = True

    def requests_in(self, texts: Sequence[str], steps: int) -> list[Requests]:
        """The results for each text; `steps` is the budget for all together."""
        budget = Budget(steps)
        return [self._requests_in(text, budget) for text in texts]

    def _requests_in(self, text: str, budget: Budget) -> Requests:
        types, tried = [], True
        for type_, patterns in ((ESCALATION, self.escalation), (APPOINTMENT, self.appointment)):
            try:
                if first_match(patterns, text, budget):
                    types.append(type_)
            except Spent:
                tried = False
        return Requests(types, tried)


def are_patterns(*some: Sequence[str]) -> bool:
    try:
        for pattern in chain(*some):
            compile_pattern(f"(?is){pattern}")
    except re2.error:
        return False
    return True


def first_match(patterns: Sequence[str], text: str, budget: Budget) -> str | None:
    """The first pattern that matches anywhere in the text, ignoring case and line breaks.

    Raises `re2.error` for an invalid pattern, and `Spent` when no pattern that the budget allowed
    matched.
    """
    spent = None
    for written in patterns:
        pattern = compile_pattern(f"(?is){written}")
        try:
            budget.pay(pattern.cost(text))
        except Spent as error:
            spent = error
        else:
            if pattern.found_in(text):
                return written
    if spent is not None:
        raise spent
    return None
