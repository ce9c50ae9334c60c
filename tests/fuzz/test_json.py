"""Every endpoint that takes JSON, with odd values for each member, and bodies that are not JSON."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.fuzz import values
from tests.fuzz.conftest import PATIENCE, Scene, Share, Watch, sample
from webhooks_app.extensions import db
from webhooks_app.models import Inbox

pytestmark = PATIENCE

URL = "https://receiver.example/hook"
EVENT: dict[str, Any] = {
    "type": "lead.captured",
    "data": {"name": "Ada"},
    "subject": {"type": "chatbot", "id": "bot_1"},
    "chatbot_id": "bot_1",
    "id": "one",
    "timestamp": "2026-03-02T10:00:00Z",
    "changed": ["name"],
}
WEBHOOK: dict[str, Any] = {
    "name": "Hook",
    "description": "",
    "url": URL,
    "event_types": ["lead.captured"],
    "scope": {"type": "chatbot", "id": "bot_1"},
    "conditions": [{"field": "name", "operator": "equals", "value": "Ada"}],
    "match": "all",
    "changed_fields": [],
    "wire_format": "pivra",
    "retry_policy": "pivot",
    "rate_limit": 1,
    "timeout": 5,
    "failure_mail": True,
    "headers": {"X-A": "b"},
    "enabled": True,
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
ACTION: dict[str, Any] = {
    "channel": "email",
    "name": "Mail",
    "event_types": ["lead.captured"],
    "email_to": ["a@people.example"],
    "email_subject": "New lead: {{ data.name }}",
    "schedule": {"frequency": "daily", "hour": 9},
}
FILTER = {
    "subscription_id": "whk_1",
    "kind": "webhook",
    "event_type": "lead.captured",
    "status": "failed",
    "status_code": "4xx",
    "text": "a",
    "missing": True,
    "since": EVENT["timestamp"],
    "until": EVENT["timestamp"],
}
TYPE = {"name": "a.b", "title": "A", "description": "", "group": "G", "sample": {}, "schema": {}}
MESSAGE = {
    "conversation_id": "c",
    "role": "visitor",
    "text": "Hi",
    "at": EVENT["timestamp"],
    "id": "1",
}
POLLYBOT = {
    "name": "Hook",
    "url": URL,
    "eventTypes": ["LEAD_CREATED"],
    "isActive": True,
    "maxRetries": 3,
    "retryDelay": 1000,
}
PAUSING = {
    "pause": {"until": "2099-03-02T10:00:00Z"},
    "resume": {"rate": 50},
    "recover": {"since": EVENT["timestamp"]},
}
API_KEY = {"name": "k", "scopes": ["events:write"], "preset": None, "expires_at": None}
INBOX = {"name": "In", "secret": "x" * 24, "answer": {"status": 200}}
RAW = (b"", b"\xff", b"null", b"[]", b"1", b'"a"', "{}".encode("utf-16"), b"\xef\xbb\xbf{}")
HEADERS = [
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": ""},
    {"Idempotency-Key": "x" * 300},
    {"Authorization": "Bearer \x7f"},
    {"Authorization": "Basic eDp5"},
    {"If-Match": '"x"'},
    {"Content-Encoding": "gzip"},
    {"Accept": "\x7f/*"},
]


LISTENER = {"url": "http://localhost:3000/", "key": "ada", "event_types": ["*"], "keep_for": 60}
RESULT = {"delivery_id": "msg_1", "number": 1, "timestamp": 1, "duration_ms": 1, "status_code": 200}


def bodies(scene: Scene) -> dict[tuple[str, str], dict[str, Any]]:
    """A good body for each method and path."""
    webhook = scene.ids["webhooks.show"]["subscription_id"]
    action = scene.ids["actions.show"]["subscription_id"]
    own = scene.ids["event_types.show"]["name"]
    key, member = scene.id_of("key_id"), scene.id_of("user_id")
    inbox = db.session.scalars(db.select(Inbox.id)).first()
    pausing = {
        ("POST", f"/{kind}/{id_}/{verb}"): body
        for kind, id_ in (("webhooks", webhook), ("actions", action))
        for verb, body in PAUSING.items()
    }
    return pausing | {
        ("POST", "/events/dry-run"): EVENT,
        ("PUT", f"/event-types/{own}"): {k: v for k, v in TYPE.items() if k != "name"},
        ("POST", "/hooks"): {"target_url": URL, "event": "lead.captured"},
        ("POST", "/inboxes"): INBOX,
        ("POST", "/listeners"): LISTENER,
        ("POST", "/listeners/whk_none/deliveries"): {"session": "s", "limit": 1, "wait": 0},
        ("POST", "/listeners/whk_none/results"): {"session": "s", "results": [RESULT]},
        ("PATCH", f"/inboxes/{inbox}"): {"answer": {"status": 500}},
        ("POST", "/api-keys"): API_KEY,
        ("POST", f"/api-keys/{key}/rotate"): {"overlap_hours": 1},
        ("POST", "/invitations"): {"email": "new@people.example", "role": "viewer"},
        ("PATCH", f"/members/{member}"): {"role": "viewer"},
        ("POST", "/events"): EVENT,
        ("POST", "/events/batch"): {"events": [EVENT]},
        ("POST", "/webhooks"): WEBHOOK,
        ("PATCH", f"/webhooks/{webhook}"): WEBHOOK,
        ("POST", f"/webhooks/{webhook}/test"): {"event_type": "lead.captured", "data": {"n": 1}},
        ("POST", f"/webhooks/{webhook}/rotate-secret"): {"overlap_hours": 1, "secret": None},
        ("POST", "/actions"): ACTION,
        ("PATCH", f"/actions/{action}"): ACTION,
        ("PUT", f"/actions/{action}"): ACTION,
        ("PUT", "/webhooks/key:crm"): {k: v for k, v in WEBHOOK.items() if k != "secret"},
        ("POST", f"/actions/{action}/test"): {"event_type": "lead.captured"},
        ("POST", f"/actions/{action}/rotate-secret"): {"overlap_hours": 1, "secret": None},
        ("POST", "/replays"): {"filter": FILTER, "delivery_ids": ["msg_1"]},
        ("POST", "/deliveries/count"): FILTER,
        ("POST", "/event-types"): TYPE,
        ("PATCH", f"/event-types/{own}"): TYPE,
        ("POST", "/chatbots/bot_1/messages"): MESSAGE,
        ("POST", "/chatbots/bot_1/webhooks"): POLLYBOT,
    }


def cases(scene: Scene) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """One member is odd, absent or added; then the same within an event or message."""
    for (method, path), body in bodies(scene).items():
        for name, value in product((*body, "unknown"), values.JSON):
            yield method, path, {**body, name: value}
        yield from ((method, path, {k: v for k, v in body.items() if k != name}) for name in body)
    for name, value in product((*EVENT, "unknown"), values.JSON):
        yield "POST", "/events/batch", {"events": [EVENT, {**EVENT, name: value}]}
    for name, value in product((*MESSAGE, "unknown"), values.JSON):
        yield "POST", "/chatbots/bot_1/messages", {"messages": [MESSAGE, {**MESSAGE, name: value}]}


def test_every_endpoint_that_takes_json_is_here(scene: Scene) -> None:
    adapter = scene.app.url_map.bind("localhost")
    known = {adapter.match(f"/api/v1{path}", method)[0] for method, path in bodies(scene)}
    takes = {
        rule.endpoint
        for rule in scene.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and (rule.methods or set()) & {"POST", "PUT", "PATCH"}
    }
    assert takes - known <= NOT_HERE


# Another endpoint's body, or none.
NOT_HERE = {
    "api.cancel_delivery",
    "api.cancel_replay",
    "api.read_all_notifications",
    "api.read_notification",
    "api.replay_delivery",
    "api.resend_invitation",
    "api.retry_delivery",
    "api.update_chatbot_webhook",
    *(f"api.{verb}_{kind}" for verb in ("disable", "enable") for kind in ("action", "webhook")),
}


def test_odd_members(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    headers = {**scene.key, "Content-Type": "application/json"}
    for method, path, body in share(sample(cases(scene), 900)):
        text = json.dumps(body)
        answer = scene.client.open(f"/api/v1{path}", method=method, data=text, headers=headers)
        watch(answer, method, path, text)


def test_what_is_not_json(scene: Scene, watch: Watch, share: Share[Any]) -> None:
    headers = {**scene.key, "Content-Type": "application/json"}
    for (method, path), body in bodies(scene).items():
        for name, tail in share(product(("unknown", *list(body)[:2]), values.TAILS)):
            text = f'{{"{name}": 1{tail}'
            answer = scene.client.open(f"/api/v1{path}", method=method, data=text, headers=headers)
            watch(answer, method, path, text)
            assert answer.status_code == 400, (path, text[:100], answer.text)
        for raw in share(RAW):
            answer = scene.client.open(f"/api/v1{path}", method=method, data=raw, headers=headers)
            watch(answer, path, raw)
        for odd in share(HEADERS):
            sent = {**headers, **odd}
            answer = scene.client.open(f"/api/v1{path}", method=method, json=body, headers=sent)
            watch(answer, method, path, odd)
