"""The built-in event types."""

import re

import orjson
import pytest

from webhooks_app.catalogue import CATALOGUE, EventType, event_type

NAMED_IN_PRODUCT = """
conversation.started conversation.ended conversation.resolved message.received message.sent
lead.captured lead.updated booking.confirmed escalation.requested appointment.requested
customer.created customer.updated customer.at_risk customer.churned customer.renewed
contact.created contact.updated contact.deleted
onboarding.created onboarding.updated onboarding.delayed onboarding.completed phase.changed
task.created task.updated task.completed task.overdue
room.recording.transcript.published webhook.ping action.digest
""".split()  # noqa: SIM905


def test_it_holds_every_type_that_the_product_names() -> None:
    assert set(NAMED_IN_PRODUCT) == set(CATALOGUE)


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_an_entry_is_complete(kind: EventType) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", kind.name)
    assert kind.title
    assert kind.description.endswith(".")
    assert kind.group
    assert kind.sample
    assert orjson.loads(orjson.dumps(kind.sample)) == kind.sample


def test_what_is_not_in_it_is_none() -> None:
    assert event_type("no.such") is None


def test_system_types_are_sent_by_us() -> None:
    system = {kind.name for kind in CATALOGUE.values() if kind.is_system}
    assert system == {"webhook.ping", "action.digest"}
