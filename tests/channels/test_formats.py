"""Golden files: a format never changes what it sends."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis.strategies import datetimes, just

from webhooks_app.channels.webhook.formats import FORMATS, EventView, wire_format
from webhooks_app.channels.webhook.formats.parts import moment
from webhooks_app.channels.webhook.formats.pollybot import name_of
from webhooks_app.lib.times import rfc3339

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX")
EVENT = EventView(
    id="evt_06gvq3m4q7ft1h8eghb2th9ln0",
    type="lead.captured",
    occurred_at=datetime(2026, 3, 2, 10, 0, 0, 120000, UTC),
    organisation_id="org_06gvq3m4q7ft1h8eghb2th9ln1",
    subject_type="chatbot",
    subject_id="bot_1",
    data='{ "name":"Ada Löwe", "score": 1.50 }'.encode(),
)
DELIVERY = "msg_06gvq3m4q7ft1h8eghb2th9ln2"


NO_SUBJECT = msgspec.structs.replace(EVENT, subject_type=None, subject_id=None)
OTHER_SUBJECT = msgspec.structs.replace(EVENT, subject_type="room", subject_id='0b8f"\\')
SIGNED = [name for name, format_ in FORMATS.items() if format_.signature_header]


def sent_headers(name: str, secrets: tuple[str, ...] = SECRETS) -> dict[str, str]:
    body = wire_format(name).envelope(EVENT)
    return wire_format(name).headers(secrets, DELIVERY, 1772445600, body, EVENT)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_sends_what_it_always_sent(name: str) -> None:
    lines = [f"{key}: {value}" for key, value in sent_headers(name).items()]
    body = wire_format(name).envelope(EVENT)
    sent = "\n".join(lines).encode() + b"\n\n" + body + b"\n"
    assert sent == (GOLDEN / f"{name}.http").read_bytes()


@pytest.mark.parametrize("event", [EVENT, NO_SUBJECT, OTHER_SUBJECT])
@pytest.mark.parametrize("name", SIGNED)
def test_a_body_is_json_that_holds_the_data_as_it_came(name: str, event: EventView) -> None:
    body = wire_format(name).envelope(event)
    orjson.loads(body)
    assert event.data.rstrip(b"}") in body


@pytest.mark.parametrize("event", [NO_SUBJECT, OTHER_SUBJECT])
def test_what_is_not_about_a_chatbot_names_none(event: EventView) -> None:
    assert orjson.loads(wire_format("pivra").envelope(event))["chatbot_id"] is None
    assert orjson.loads(wire_format("pollybot").envelope(event))["chatbotId"] is None


def test_a_subject_is_told_where_the_envelope_has_a_place_for_it() -> None:
    subject = {"type": "room", "id": '0b8f"\\'}
    assert orjson.loads(wire_format("pivot").envelope(OTHER_SUBJECT))["subject"] == subject
    assert orjson.loads(wire_format("pivot").envelope(NO_SUBJECT))["subject"] is None
    cloud = wire_format("cloudevents")
    assert orjson.loads(cloud.envelope(OTHER_SUBJECT))["subject"] == 'room/0b8f"\\'
    assert "subject" not in orjson.loads(cloud.envelope(NO_SUBJECT))


@pytest.mark.parametrize(
    ("event_type", "name"),
    [
        ("lead.captured", "LEAD_CREATED"),
        ("lead.updated", "LEAD_UPDATED"),
        ("conversation.started", "CONVERSATION_STARTED"),
        ("conversation.resolved", "CONVERSATION_RESOLVED"),
        ("customer.at_risk", "CUSTOMER_AT_RISK"),
        ("room.recording.transcript.published", "ROOM_RECORDING_TRANSCRIPT_PUBLISHED"),
    ],
)
def test_pollybot_has_names_of_its_own(event_type: str, name: str) -> None:
    assert name_of(event_type) == name


@pytest.mark.parametrize(
    ("data", "given"), [(b'{"email":"a@b.example","status":null,"budget":1.50}', 3), (b"{}\n", 0)]
)
@pytest.mark.parametrize("event_type", ["lead.captured", "lead.updated"])
def test_pollybots_leads_have_all_members_that_its_document_shows(
    data: bytes, given: int, event_type: str
) -> None:
    event = msgspec.structs.replace(EVENT, type=event_type, data=data)
    body = wire_format("pollybot").envelope(event)
    lead, as_given = orjson.loads(body)["data"], orjson.loads(data)
    assert {name: lead[name] for name in as_given} == as_given
    assert list(lead)[:given] == list(as_given)
    assert lead["chatbotId"] == orjson.loads(body)["chatbotId"] == "bot_1"
    assert (lead["tags"], lead["customFields"], lead["urgency"]) == ([], {}, None)
    assert lead["updatedAt"].endswith("Z")
    is_new = event_type == "lead.captured"
    assert lead["createdAt"] == (lead["updatedAt"] if is_new else None)
    if not given:
        assert lead["status"] == ("NEW" if is_new else None)


@pytest.mark.parametrize("name", SIGNED)
def test_every_try_carries_the_id_of_the_delivery(name: str) -> None:
    assert DELIVERY in sent_headers(name).values()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="standard"):
        wire_format("none")


@given(at=datetimes(timezones=just(UTC)))
def test_moments_have_milliseconds(at: datetime) -> None:
    assert moment(at).decode() == f'"{rfc3339(at)}"'
