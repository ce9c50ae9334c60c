"""An example of each Struct, for the document.

The same webhook, event and delivery appear in all.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from webhooks_app.api import chatbot_bodies, event_bodies, event_types, message_bodies, shapes
from webhooks_app.api.problems import ProblemAnswer
from webhooks_app.api.webhook_answers import WebhookAnswer
from webhooks_app.api.webhook_bodies import RotateBody, TestBody, WebhookPatch
from webhooks_app.subscriptions.spec import NewWebhookSpec

MOMENT = "2026-03-02T10:00:00.000Z"
LATER = "2026-03-02T10:00:01.120Z"
WEBHOOK_ID = "whk_06gvpml7cj579nme4baogimovo"
EVENT_ID = "evt_06gvpml7cj579nme4baogimovo"
DELIVERY_ID = "msg_06gvpml7cj579nme4baogimovo"
URL = "https://crm.example.com/hooks"
SUBJECT = {"type": "chatbot", "id": "bot_1"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - an example
DATA = {"name": "Maya Lindqvist", "email": "maya.lindqvist@example.com"}

EVENT = {"type": "lead.captured", "data": DATA, "subject": SUBJECT}
MESSAGE = {
    "conversation_id": "conv_5c7d2",
    "role": "visitor",
    "text": "Hello, my e-mail is maya.lindqvist@example.com",
}
NEW_WEBHOOK = {
    "name": "New leads to the CRM",
    "url": URL,
    "event_types": ["lead.captured", "lead.updated"],
    "conditions": [{"field": "data.email", "operator": "exists"}],
    "metadata": {"team": "sales"},
}
WEBHOOK = {
    "id": WEBHOOK_ID,
    "name": "New leads to the CRM",
    "description": "",
    "url": URL,
    "event_types": ["lead.captured", "lead.updated"],
    "scope": None,
    "conditions": [{"field": "data.email", "operator": "exists"}],
    "match": "all",
    "changed_fields": [],
    "wire_format": "standard",
    "retry_policy": "pivot",
    "rate_limit": None,
    "timeout": None,
    "failure_mail": True,
    "headers": {},
    "enabled": True,
    "metadata": {"team": "sales"},
    "disabled_reason": None,
    "counters": {
        "delivered": 1,
        "failed": 0,
        "failed_attempts": 0,
        "last_attempt_at": LATER,
        "last_success_at": LATER,
        "failing_since": None,
    },
    "previous_secret_expires_at": None,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
ACCEPTED = {"id": EVENT_ID, "type": "lead.captured", "deliveries": 1}
DELIVERY = {
    "id": DELIVERY_ID,
    "event": {
        "id": EVENT_ID,
        "type": "lead.captured",
        "subject": SUBJECT,
        "occurred_at": MOMENT,
    },
    "subscription_id": WEBHOOK_ID,
    "trigger": "event",
    "replay_of": None,
    "status": "delivered",
    "tries": 1,
    "failures": 0,
    "status_code": 200,
    "error": None,
    "next_try_at": None,
    "created_at": MOMENT,
    "finished_at": LATER,
}
HEARD = {
    "conversation_id": "conv_5c7d2",
    "events": [{"id": EVENT_ID, "type": "conversation.started"}],
}
EVENT_TYPE = {
    "name": "order.paid",
    "title": "Order paid",
    "description": "An order was paid.",
    "group": "Our own",
    "sample": {"id": "ord_1", "total": 99.5},
    "schema": None,
}
CHATBOT_WEBHOOK = {
    "id": WEBHOOK_ID,
    "name": "Lead Notifications",
    "url": URL,
    "eventTypes": ["LEAD_CREATED"],
    "isActive": True,
    "maxRetries": 3,
    "retryDelay": 1000,
    "successCount": 1,
    "failureCount": 0,
    "lastTriggeredAt": LATER,
    "lastSuccessAt": LATER,
    "createdAt": MOMENT,
    "updatedAt": MOMENT,
}

EXAMPLES: Mapping[type, Any] = {
    event_bodies.EventBody: EVENT,
    event_bodies.BatchBody: {"events": [EVENT]},
    message_bodies.MessageBody: MESSAGE,
    message_bodies.MessagesBody: {"messages": [MESSAGE]},
    event_types.EventTypeBody: EVENT_TYPE,
    event_types.EventTypePatch: {"description": "A customer paid an order."},
    NewWebhookSpec: NEW_WEBHOOK,
    WebhookPatch: {"enabled": False},
    TestBody: {"event_type": "lead.captured"},
    RotateBody: {"overlap_hours": 24},
    chatbot_bodies.ChatbotWebhookBody: {
        "name": "Lead Notifications",
        "url": URL,
        "eventTypes": ["LEAD_CREATED"],
        "maxRetries": 3,
        "retryDelay": 1000,
    },
    chatbot_bodies.ChatbotWebhookPatch: {"isActive": False},
    shapes.AcceptedAnswer: ACCEPTED,
    shapes.AcceptedBatch: {"events": [ACCEPTED]},
    shapes.MessageAnswer: HEARD,
    shapes.MessagesAnswer: {"messages": [HEARD]},
    shapes.EventTypeAnswer: {**EVENT_TYPE, "pollybot_name": "ORDER_PAID", "own": True},
    shapes.DeliveryAnswer: DELIVERY,
    WebhookAnswer: WEBHOOK,
    chatbot_bodies.ChatbotWebhookAnswer: CHATBOT_WEBHOOK,
    chatbot_bodies.ChatbotWebhooks: {"webhooks": [CHATBOT_WEBHOOK], "total": 1},
    chatbot_bodies.OneChatbotWebhook: {"webhook": CHATBOT_WEBHOOK},
    chatbot_bodies.CreatedChatbotWebhook: {
        "message": "Webhook created successfully",
        "webhook": CHATBOT_WEBHOOK | {"secret": SECRET},
        "security": msgspec.to_builtins(chatbot_bodies.SECURITY),
    },
    chatbot_bodies.ChangedChatbotWebhook: {
        "message": "Webhook updated successfully",
        "webhook": CHATBOT_WEBHOOK | {"isActive": False},
    },
    chatbot_bodies.DeletedChatbotWebhook: {"message": "Webhook deleted successfully"},
    ProblemAnswer: {
        "type": "/docs/api#invalid-request",
        "title": "The request is not valid",
        "status": 422,
        "detail": "#/type: There is no event type called 'lead.caught'.",
        "errors": [{"pointer": "#/type", "detail": "There is no event type called 'lead.caught'."}],
    },
}
