"""What the default patterns find, and custom ones."""

import pytest
import re2

from webhooks_app.catalogue import CATALOGUE
from webhooks_app.chat.listening import APPOINTMENT, ESCALATION, ListeningRules, first_match
from webhooks_app.matching.budget import PER_EVENT, Budget, Spent
from webhooks_app.matching.operators import compile_pattern


def asked_for(text: str, rules: ListeningRules | None = None) -> list[str]:
    [found] = (rules or ListeningRules()).requests_in([text], PER_EVENT)
    return list(found.types)


@pytest.mark.parametrize(
    "text",
    [
        "Can I talk to a human?",
        "I WANT TO SPEAK WITH SOMEONE",
        "please connect me\nwith an agent",
        "let me chat with a real person",
        "human support please",
        "I need an operator",
        "is there a human?",
        "transfer me to your representative",
        "connect me to support",
        "could I talk with customer service?",
        "Let me talk to your manager",
        "I'd like a person",
        "Human, please!",
        "operator",
        "Can someone call me back?",
        CATALOGUE[ESCALATION].sample["text"],
    ],
)
def test_asking_for_a_human(text: str) -> None:
    assert asked_for(text) == [ESCALATION]


@pytest.mark.parametrize(
    "text",
    [
        "I'd like to book an appointment",
        "Can we schedule a call for Friday?",
        "book a demo",
        "could you set up a meeting with your team",
        "I need an appointment",
        "I’d like a first appointment",
        "Appointment please",
        "Can I reschedule my appointment?",
        "Do you have any appointments on Monday?",
        "When is the next available slot?",
        "Can I book a time?",
        "book me in for tomorrow",
        "Can I make a reservation?",
        "When can I come in?",
        CATALOGUE[APPOINTMENT].sample["text"],
    ],
)
def test_asking_for_an_appointment(text: str) -> None:
    assert asked_for(text) == [APPOINTMENT]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "What is the price per person?",
        "I was in a meeting when your agent called",
        "Does the demo cost anything?",
        "Which books do you sell?",
        "humans are strange",
        "I spoke at length about agencies",
        "You sound like a human",
        "Do you support Windows?",
        "Does anyone like it?",
        "My manager wants an invoice",
        "I have an appointment today, where do I park?",
        "Please cancel my appointment",
        "I want to know whether the demo is free",
        "What time do you open?",
        "Can I come back to that later?",
    ],
)
def test_asking_for_neither(text: str) -> None:
    assert asked_for(text) == []


def test_own_patterns_replace_the_defaults() -> None:
    wishes = ListeningRules(escalation=[r"\bmensch\b"], appointment=[])
    assert asked_for("Ich will einen MENSCH sprechen", wishes) == [ESCALATION]
    assert asked_for("talk to a human, book a demo", wishes) == []


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(re2.error):
        first_match(["("], "text", Budget())
    with pytest.raises(re2.error):
        first_match(["a)(b"], "text", Budget())


def test_a_pattern_that_costs_too_much_keeps_no_other_from_being_found() -> None:
    text = "x" * 5000 + " mensch"
    costly, cheap = "(?:a.{0,20}){3}", "mensch"
    budget = compile_pattern(f"(?is){costly}").cost(text) - 1
    rules = ListeningRules(escalation=[costly, cheap], appointment=[costly])
    [found] = rules.requests_in([text], budget)
    assert found.types == [ESCALATION]
    assert not found.tried
    with pytest.raises(Spent):
        first_match([costly], text, Budget(budget))
    [whole] = rules.requests_in([text], 4 * budget)
    assert whole.tried


def test_the_budget_is_for_all_texts_together() -> None:
    rules = ListeningRules(escalation=["mensch"], appointment=[])
    once = compile_pattern("(?is)mensch").cost("ein mensch")
    found = rules.requests_in(["ein mensch"] * 3, 2 * once)
    assert [one.tried for one in found] == [True, True, False]
    assert [list(one.types) for one in found] == [[ESCALATION], [ESCALATION], []]
