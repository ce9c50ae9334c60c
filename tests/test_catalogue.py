"""The built-in event types."""

import re

import orjson
import pytest
from jsonschema import Draft202012Validator

from webhooks_app.catalogue import CATALOGUE, EventType, event_type
from webhooks_app.catalogue.operational import NAMES
from webhooks_app.channels.webhook.formats.pollybot import name_of

NAMED_IN_PRODUCT = """
conversation.started conversation.ended conversation.resolved message.received message.sent
lead.captured lead.updated booking.confirmed escalation.requested appointment.requested
customer.created customer.updated customer.at_risk customer.churned customer.renewed
contact.created contact.updated contact.deleted
onboarding.created onboarding.updated onboarding.delayed onboarding.completed phase.changed
task.created task.updated task.completed task.overdue
room.recording.transcript.published webhook.ping action.digest
subscription.created subscription.updated subscription.enabled subscription.disabled
subscription.deleted subscription.paused subscription.resumed
delivery.failed replay.finished secret.rotated secret.expiring
api_key.created api_key.rotated api_key.revoked api_key.expiring
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


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_a_sample_is_what_the_schema_says(kind: EventType) -> None:
    assert kind.schema is not None
    Draft202012Validator.check_schema(kind.schema)
    validator = Draft202012Validator(
        kind.schema, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    assert list(validator.iter_errors(kind.sample)) == []
    assert (kind.schema["title"], kind.schema["description"]) == (kind.title, kind.description)
    assert kind.schema["examples"] == [kind.sample]
    assert set(kind.schema["required"]) <= set(kind.schema["properties"])
    strict = kind.schema | {"additionalProperties": False}
    assert list(Draft202012Validator(strict).iter_errors(kind.sample)) == []


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_every_field_is_described_and_shown(kind: EventType) -> None:
    assert kind.schema is not None
    for name, field in kind.schema["properties"].items():
        assert field["description"].endswith("."), name
        assert name in kind.sample
        if field["type"] != "object":
            assert field["examples"] == [kind.sample[name]]


def test_a_schema_refuses_what_it_does_not_describe() -> None:
    schema = CATALOGUE["lead.captured"].schema
    assert schema is not None
    assert not Draft202012Validator(schema).is_valid({"name": "Ada"})
    assert not Draft202012Validator(schema).is_valid({"id": "lead_1", "tags": "one"})


PUBLISHED = {
    "Pivra": "lead.captured conversation.started booking.confirmed",
    "Pivotal": """customer.created customer.updated customer.at_risk customer.churned
        onboarding.updated onboarding.delayed task.updated task.completed phase.changed
        webhook.ping""",
    "Pollybot": "LEAD_CREATED LEAD_UPDATED CONVERSATION_STARTED CONVERSATION_RESOLVED",
    "Pivot": "message.sent room.recording.transcript.published",
    "Inqyra": """conversation.started conversation.ended message.received lead.captured
        escalation.requested appointment.requested""",
}


@pytest.mark.parametrize("system", PUBLISHED)
def test_it_holds_every_event_of_the_published_documents(system: str) -> None:
    known = set(CATALOGUE) | {name_of(name) for name in CATALOGUE}
    assert set(PUBLISHED[system].split()) <= known


def test_four_objects_have_about_twenty_types() -> None:
    """Pivotal's document: customer, contact, onboarding, task; a phase is an onboarding's."""
    names = [name for name, kind in CATALOGUE.items() if kind.group == "Customer success"]
    assert {name.partition(".")[0] for name in names} == {
        *("customer", "contact", "onboarding", "phase", "task")
    }
    assert 15 <= len(names) <= 25


def test_what_is_not_in_it_is_none() -> None:
    assert event_type("no.such") is None


def test_system_types_are_sent_by_us() -> None:
    system = {kind.name for kind in CATALOGUE.values() if kind.is_system}
    assert system == {"webhook.ping", "action.digest"} | NAMES
