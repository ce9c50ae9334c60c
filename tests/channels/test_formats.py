"""Golden files: what a format has once sent, it sends for ever."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from webhooks_app.channels.webhook.formats import FORMATS, EventView, wire_format

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


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_sends_what_it_always_sent(name: str) -> None:
    format_ = wire_format(name)
    body = format_.envelope(EVENT)
    headers = format_.headers(SECRETS, DELIVERY, 1772445600, body, EVENT.type)
    lines = [f"{key}: {value}" for key, value in headers.items()]
    sent = "\n".join(lines).encode() + b"\n\n" + body + b"\n"
    assert sent == (GOLDEN / f"{name}.http").read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_a_body_is_json_that_holds_the_data_as_it_came(name: str) -> None:
    body = wire_format(name).envelope(EVENT)
    orjson.loads(body)
    assert EVENT.data in body


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="standard"):
        wire_format("none")
