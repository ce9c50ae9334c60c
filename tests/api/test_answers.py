"""Every answer of the API matches the schema of its Struct, in the published order of members."""

from collections.abc import Callable
from typing import Any

import jsonschema
import msgspec

from tests.api.conftest import Api
from tests.support.receiver import Receiver
from webhooks_app.api.chatbot_bodies import ChatbotWebhookAnswer
from webhooks_app.api.shapes import (
    AcceptedAnswer,
    DeliveryAnswer,
    EventTypeAnswer,
    MessageAnswer,
)
from webhooks_app.api.webhook_answers import WebhookAnswer

WEBHOOK = [
    "id",
    "name",
    "description",
    "url",
    "event_types",
    "scope",
    "conditions",
    "match",
    "changed_fields",
    "wire_format",
    "retry_policy",
    "rate_limit",
    "timeout",
    "failure_mail",
    "headers",
    "enabled",
    "metadata",
    "disabled_reason",
    "counters",
    "previous_secret_expires_at",
    "created_at",
    "updated_at",
    "key",
    "paused_at",
    "paused_until",
    "listener",
]


def fits(answer: dict[str, Any], kind: type[msgspec.Struct]) -> bool:
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    jsonschema.validate(answer, {**schema, "$defs": components})
    return set(answer) <= {field.encode_name for field in msgspec.structs.fields(kind)}


def test_webhooks(api: Api) -> None:
    made = api.webhook(
        scope={"type": "chatbot", "id": "bot_1"},
        conditions=[
            {"field": "a", "operator": "exists"},
            {"field": "b", "operator": "one_of", "value": ["x", 2, 1e19, True]},
        ],
        retry_policy={"delays": [10, 20.5]},
        rate_limit=2,
    )
    assert list(made) == [*WEBHOOK[:-1], "secret", "listener"]
    read = api.get(f"/webhooks/{made['id']}")
    assert list(read.get_json()) == WEBHOOK
    assert fits(read.get_json(), WebhookAnswer)
    assert '"delays":[10,20.5]' in read.text
    assert '"value":["x",2,1e19,true]' in read.text
    assert '{"field":"a","operator":"exists"}' in read.text
    assert "channel" not in read.text
    [pollybots] = api.get("/chatbots/bot_1/webhooks").get_json()["webhooks"]
    assert fits(pollybots, ChatbotWebhookAnswer)


def test_events_messages_and_deliveries(
    api: Api, receiver: Receiver, drain: Callable[[], None]
) -> None:
    api.webhook(url=receiver.url)
    accepted = api.event(subject={"type": "chatbot", "id": "b"}).get_json()
    assert fits(accepted, AcceptedAnswer)
    drain()
    [listed] = api.get("/deliveries").get_json()["data"]
    assert fits(listed, DeliveryAnswer)
    assert not {"attempts", "request_body"} & set(listed)
    read = api.get(f"/deliveries/{listed['id']}").get_json()
    assert fits(read, DeliveryAnswer)
    assert len(read["attempts"]) == 1
    said = {"conversation_id": "c", "role": "visitor", "text": "Hello"}
    assert fits(api.post("/chatbots/b/messages", said).get_json(), MessageAnswer)


def test_event_types(api: Api) -> None:
    for one in api.get("/event-types").get_json()["data"]:
        assert fits(one, EventTypeAnswer)
