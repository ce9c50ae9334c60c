"""An example of each Struct, for the document.

The same webhook, event and delivery appear in all.
"""

from collections.abc import Mapping

import msgspec

from webhooks_app.api import (
    chatbot_bodies,
    event_bodies,
    event_types,
    message_bodies,
    queries,
    shapes,
)
from webhooks_app.api.api_keys import ApiKeyAnswer, NewApiKey, RotateKeyBody
from webhooks_app.api.audit_log import AuditEntryAnswer
from webhooks_app.api.deliveries import CountAnswer
from webhooks_app.api.device import (
    DeviceAnswer,
    DeviceBody,
    RevocationBody,
    TokenAnswer,
    TokenBody,
)
from webhooks_app.api.dry_run import DryRunAnswer
from webhooks_app.api.event_log import ExplanationAnswer, StoredEvent
from webhooks_app.api.hooks import HookAnswer, HookBody, HookSample
from webhooks_app.api.inboxes import InboxAnswer, InboxPatch, InboxRequestAnswer, NewInbox
from webhooks_app.api.listener_bodies import (
    ListenerAnswer,
    NewListener,
    ResultsAnswer,
    ResultsBody,
    TakeBody,
    TakenPage,
)
from webhooks_app.api.members import (
    InvitationAnswer,
    InvitationBody,
    MemberAnswer,
    MemberPatch,
)
from webhooks_app.api.notifications import NotificationAnswer
from webhooks_app.api.problems import ProblemAnswer
from webhooks_app.api.replays import ReplayAnswer, ReplayBody
from webhooks_app.api.stats import StatsAnswer, SubscriptionStatsAnswer
from webhooks_app.api.webhook_answers import (
    ActionPage,
    EmailActionAnswer,
    WebhookActionAnswer,
    WebhookAnswer,
)
from webhooks_app.api.webhook_bodies import (
    ActionPatch,
    NewEmailAction,
    NewWebhookAction,
    PauseBody,
    RecoverBody,
    ResumeBody,
    RotateBody,
    TestBody,
    WebhookActionPut,
    WebhookPatch,
    WebhookPut,
)
from webhooks_app.api.whoami import WhoamiAnswer
from webhooks_app.subscriptions.spec import NewWebhookSpec

MOMENT = "2026-03-02T10:00:00.000Z"
LATER = "2026-03-02T10:00:01.120Z"
ONLY_OF_WEBHOOKS = ("url", "wire_format", "timeout", "headers", "previous_secret_expires_at")
ACTION_ID = "act_06gvpml7cj579nme4baogimovo"
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
    "key": None,
    "paused_at": None,
    "paused_until": None,
}
NEW_EMAIL_ACTION = {
    "channel": "email",
    "name": "New leads to sales",
    "event_types": ["lead.captured"],
    "email_to": ["sales@example.com"],
}
EMAIL_ACTION = {
    **{name: value for name, value in WEBHOOK.items() if name not in ONLY_OF_WEBHOOKS},
    **NEW_EMAIL_ACTION,
    "id": ACTION_ID,
    "email_subject": None,
    "schedule": None,
}
NO_LIMIT = {"limit": None, "used": None}
WHOAMI = {
    "organisation": {
        "id": "org_06gvpml7cj579nme4baogimovo",
        "name": "Acme",
        "time_zone": "Europe/London",
    },
    "mode": "live",
    "key": {
        "id": "key_06gvpml7cj579nme4baogimovo",
        "name": "Backend",
        "hint": "q3Zf",
        "scopes": ["events:write", "deliveries:read"],
        "expires_at": None,
    },
    "plan": {
        "name": "self_hosted",
        "title": "Self-hosted",
        "actions": NO_LIMIT,
        "webhooks": NO_LIMIT,
        "event_types": NO_LIMIT,
        "events_per_minute": None,
        "retention_days": None,
    },
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
ATTEMPT = {
    "number": 1,
    "outcome": "succeeded",
    "failure": None,
    "error": None,
    "status_code": 200,
    "url": URL,
    "request_headers": {"content-type": "application/json", "webhook-id": DELIVERY_ID},
    "response_headers": [["content-type", "text/plain"]],
    "response_body": "ok",
    "response_truncated": False,
    "started_at": MOMENT,
    "duration_ms": 120,
}
STORED_EVENT = {
    "id": EVENT_ID,
    "type": "lead.captured",
    "subject": SUBJECT,
    "occurred_at": MOMENT,
    "created_at": MOMENT,
    "origin": "api",
    "own_id": None,
    "deliveries": 1,
    "erased_at": None,
}
EXPLANATION = {
    "subscription_id": WEBHOOK_ID,
    "kind": "webhook",
    "name": "New leads to the CRM",
    "enabled": True,
    "delivered": True,
    "would_fire": True,
    "asks_for_type": True,
    "in_scope": True,
    "change_wanted": True,
    "conditions_hold": True,
    "conditions": [
        {
            "field": "data.email",
            "operator": "exists",
            "value": None,
            "passed": True,
            "tried": True,
            "found": True,
            "actual": "maya.lindqvist@example.com",
        }
    ],
    "unreadable": False,
}
REPLAY = {
    "id": "rpl_06gvpml7cj579nme4baogimovo",
    "status": "running",
    "total": 12,
    "replayed": 5,
    "retried": 1,
    "recovered": 0,
    "skipped": 0,
    "requested_by": "Backend",
    "created_at": MOMENT,
    "finished_at": None,
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

API_KEY = {
    "id": "key_06gvpml7cj579nme4baogimovo",
    "name": "Nightly import",
    "hint": "q3Zf",
    "scopes": ["events:write"],
    "created_at": MOMENT,
    "created_by": "ada@example.com",
    "expires_at": None,
    "last_used_at": LATER,
    "last_used_ip": "192.0.2.10",
    "replaced_by": None,
}
MEMBER_ID = "usr_06gvpml7cj579nme4baogimovo"
MEMBER = {"id": MEMBER_ID, "email": "ada@example.com", "name": "Ada", "role": "admin"}
INVITATION = {
    "id": "inv_06gvpml7cj579nme4baogimovo",
    "email": "grace@example.com",
    "role": "viewer",
    "invited_by": "Backend",
    "created_at": MOMENT,
    "expires_at": "2026-03-09T10:00:00.000Z",
    "works": True,
}
AUDIT_ENTRY = {
    "id": "aud_06gvpml7cj579nme4baogimovo",
    "created_at": MOMENT,
    "actor": {"kind": "person", "name": "ada@example.com", "id": MEMBER_ID},
    "action": "webhook.updated",
    "target": {"type": "webhook", "id": WEBHOOK_ID, "name": "New leads to the CRM"},
    "mode": "live",
    "detail": {"changed": ["url"]},
    "ip": "192.0.2.10",
    "user_agent": "Mozilla/5.0",
}
NOTIFICATION = {
    "id": "ntf_06gvpml7cj579nme4baogimovo",
    "kind": "delivery_failed",
    "title": "New leads to the CRM: a delivery failed permanently",
    "body": "lead.captured could not be delivered after 6 tries.",
    "subscription_id": WEBHOOK_ID,
    "delivery_id": DELIVERY_ID,
    "created_at": MOMENT,
    "unread": True,
}
COUNTS = {"delivered": 41, "retrying": 2, "failed": 1}
RATE = 0.9318
STATS = {
    "since": MOMENT,
    "until": "2026-03-02T11:00:00.000Z",
    "step": "hour",
    "attempts": COUNTS,
    "success_rate": RATE,
    "latency_ms": {"p50": 50, "p95": 250, "p99": 500},
    "points": [{"start": MOMENT, **COUNTS}],
}
CANNED = {"status": 200, "delay_ms": 0, "body": '{"received":true}', "content_type": "json"}
INBOX = {
    "id": "inb_06gvpml7cj579nme4baogimovo",
    "name": "Receiver of the nightly test",
    "url": "https://hooks.example.com/test-webhook/Zk3u0m8yqB5n2cW7",
    "answer": CANNED,
    "checks_signatures": True,
    "requests": 1,
    "last_received_at": LATER,
    "created_at": MOMENT,
}
LISTENER_SESSION = "lss_06gvpml7cj579nme4baogimovo"
LISTENER = {
    "id": WEBHOOK_ID,
    "name": "ada-laptop",
    "url": "http://localhost:3000/",
    "event_types": ["lead.*"],
    "wire_format": "standard",
    "enabled": True,
    "paused_at": None,
    "key": "ada-laptop-3000",
    "expires_at": LATER,
    "created_at": MOMENT,
}
TAKEN = {
    "delivery_id": DELIVERY_ID,
    "number": 1,
    "timestamp": 1772445600,
    "event_id": EVENT_ID,
    "event_type": "lead.captured",
    "url": "http://localhost:3000/",
    "headers": {"Content-Type": "application/json", "webhook-id": DELIVERY_ID},
    "body": '{"type":"lead.captured"}',
    "timeout": 15,
}
INBOX_REQUEST = {
    "id": "req_06gvpml7cj579nme4baogimovo",
    "received_at": LATER,
    "method": "POST",
    "source": "192.0.2.10",
    "event": "lead.captured",
    "delivery_id": DELIVERY_ID,
    "headers": [["Content-Type", "application/json"], ["webhook-id", DELIVERY_ID]],
    "body": '{\n  "type": "lead.captured"\n}',
    "size": 24,
    "lead": {"name": "Maya Lindqvist"},
    "answered_status": 200,
    "signature": {
        "verified": True,
        "wire_format": "standard",
        "why": "The signature is right.",
    },
}

DEVICE_CODE = "hk_device_6pS1w0YyV4o2cXz8"
EXAMPLES: Mapping[type, object] = {
    DeviceBody: {"client": "hookline on ada-laptop"},
    DeviceAnswer: {
        "device_code": DEVICE_CODE,
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://hooks.example.com/device/",
        "verification_uri_complete": "https://hooks.example.com/device/?code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 2,
    },
    TokenBody: {"device_code": DEVICE_CODE},
    RevocationBody: {"token": "hk_test_q3Zf0sN1x7"},
    TokenAnswer: {
        "access_token": "hk_test_q3Zf0sN1x7",
        "token_type": "Bearer",
        "scope": "events:read events:write listeners:write",
        "key_id": "key_06gvpml7cj579nme4baogimovo",
        "name": "hookline on ada-laptop",
        "mode": "test",
        "organisation": "Acme",
        "expires_at": LATER,
    },
    NewApiKey: {"name": "Nightly import", "scopes": ["events:write"]},
    RotateKeyBody: {"overlap_hours": 24},
    ApiKeyAnswer: API_KEY,
    MemberPatch: {"role": "viewer"},
    MemberAnswer: MEMBER,
    InvitationBody: {"email": "grace@example.com", "role": "viewer"},
    InvitationAnswer: INVITATION,
    AuditEntryAnswer: AUDIT_ENTRY,
    NotificationAnswer: NOTIFICATION,
    StatsAnswer: STATS,
    SubscriptionStatsAnswer: {
        "since": MOMENT,
        "until": "2026-03-02T11:00:00.000Z",
        "data": [
            {
                "subscription_id": WEBHOOK_ID,
                "name": "New leads to the CRM",
                "attempts": COUNTS,
                "success_rate": RATE,
            }
        ],
    },
    HookBody: {"target_url": URL, "event": "lead.captured"},
    HookAnswer: {"id": WEBHOOK_ID, "target_url": URL, "event": "lead.captured"},
    HookSample: {
        "id": EVENT_ID,
        "event": "lead.captured",
        "timestamp": MOMENT,
        "subject": SUBJECT,
        "data": DATA,
    },
    NewListener: {"url": "http://localhost:3000/", "event_types": ["lead.*"]},
    ListenerAnswer: LISTENER,
    TakeBody: {"session": LISTENER_SESSION, "limit": 50},
    TakenPage: {"data": [TAKEN]},
    ResultsBody: {
        "session": LISTENER_SESSION,
        "results": [
            {
                "delivery_id": DELIVERY_ID,
                "number": 1,
                "timestamp": 1772445600,
                "duration_ms": 12,
                "status_code": 204,
            }
        ],
    },
    ResultsAnswer: {
        "data": [{"delivery_id": DELIVERY_ID, "status": "delivered", "retry_in": None}]
    },
    NewInbox: {"name": "Receiver of the nightly test"},
    InboxPatch: {"answer": {"status": 503}},
    InboxAnswer: INBOX,
    InboxRequestAnswer: INBOX_REQUEST,
    event_bodies.EventBody: EVENT,
    event_bodies.BatchBody: {"events": [EVENT]},
    message_bodies.MessageBody: MESSAGE,
    message_bodies.MessagesBody: {"messages": [MESSAGE]},
    event_types.EventTypeBody: EVENT_TYPE,
    event_types.EventTypePut: {name: value for name, value in EVENT_TYPE.items() if name != "name"},
    event_types.EventTypePatch: {"description": "A customer paid an order."},
    NewWebhookSpec: NEW_WEBHOOK,
    WebhookPatch: {"enabled": False},
    WebhookPut: NEW_WEBHOOK,
    WebhookActionPut: {**NEW_WEBHOOK, "channel": "webhook"},
    TestBody: {"event_type": "lead.captured"},
    PauseBody: {"until": "2099-03-02T10:00:00Z"},
    RecoverBody: {"since": MOMENT},
    ResumeBody: {"rate": 50},
    RotateBody: {"overlap_hours": 24},
    chatbot_bodies.ChatbotWebhookBody: {
        "name": "Lead Notifications",
        "url": URL,
        "eventTypes": ["LEAD_CREATED"],
        "maxRetries": 3,
        "retryDelay": 1000,
    },
    chatbot_bodies.ChatbotWebhookPatch: {"isActive": False},
    WhoamiAnswer: WHOAMI,
    shapes.AcceptedAnswer: ACCEPTED,
    StoredEvent: STORED_EVENT,
    ExplanationAnswer: EXPLANATION,
    DryRunAnswer: {"type": "lead.captured", "deliveries": 1, "explanations": [EXPLANATION]},
    shapes.AttemptAnswer: ATTEMPT,
    ReplayBody: {"filter": {"status": "failed", "since": MOMENT}},
    ReplayAnswer: REPLAY,
    queries.DeliveryFilter: {"status": "failed", "since": MOMENT},
    CountAnswer: {"count": 12, "at_least": False},
    shapes.AcceptedBatch: {"events": [ACCEPTED]},
    shapes.MessageAnswer: HEARD,
    shapes.MessagesAnswer: {"messages": [HEARD]},
    shapes.EventTypeAnswer: {**EVENT_TYPE, "pollybot_name": "ORDER_PAID", "own": True},
    shapes.DeliveryAnswer: DELIVERY,
    WebhookAnswer: WEBHOOK | {"listener": False},
    WebhookActionAnswer: {**WEBHOOK, "id": ACTION_ID, "channel": "webhook"},
    EmailActionAnswer: EMAIL_ACTION,
    ActionPage: {"data": [EMAIL_ACTION], "next_cursor": None},
    NewEmailAction: NEW_EMAIL_ACTION,
    NewWebhookAction: {**NEW_WEBHOOK, "channel": "webhook"},
    ActionPatch: {"enabled": False},
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
        "request_id": "4f1c2b7a9d0e8356",
    },
}
