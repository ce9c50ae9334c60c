"""What the operations of the document share."""

from collections.abc import Mapping
from typing import NamedTuple

from webhooks_app.api.openapi.schemas import Schema, public_name
from webhooks_app.api.problem_kinds import PROBLEM_KINDS
from webhooks_app.api.problems import TYPES, FaultAnswer, ProblemAnswer
from webhooks_app.people.api_keys import SCOPES

KINDS = (ProblemAnswer, FaultAnswer)

INFO = {
    "title": "Hookline",
    "version": "1",
    "summary": "Report events, manage webhooks, read and replay deliveries.",
    "description": "Version 1 only grows. Ignore members of answers that you do not know. "
    "Errors are problem details (RFC 9457). After any 4xx nothing was stored or changed.",
    "license": {"name": "MIT", "identifier": "MIT"},
}
TAGS = [
    {"name": "Log-in", "description": "How a program without a browser gets a key."},
    {"name": "Keys", "description": "What a key belongs to, what it opens, and other keys."},
    {"name": "Events", "description": "What happened, reported by your backend."},
    {"name": "Event types", "description": "The catalogue, and the types that you registered."},
    {"name": "Chat messages", "description": "Messages, from which events follow."},
    {"name": "Webhooks", "description": "Endpoints that receive events."},
    {"name": "Actions", "description": "What follows an event, by e-mail or webhook."},
    {"name": "Deliveries", "description": "What was sent, and how it went."},
    {"name": "Replays", "description": "Many deliveries, sent again."},
    {"name": "Stats", "description": "How many attempts there were, and how they went."},
    {"name": "Listeners", "description": "Deliveries to a developer's own computer."},
    {"name": "Inboxes", "description": "Test receivers, and what they were sent."},
    {"name": "Notifications", "description": "What the dashboard tells members."},
    {"name": "Members", "description": "Who belongs to the organisation, and as what."},
    {"name": "Audit log", "description": "Who did what, when and from where."},
    {"name": "REST Hooks", "description": "How Zapier and Make subscribe."},
    {"name": "Chatbot webhooks", "description": "Webhooks of a chatbot, as in Pollybot."},
    {"name": "This document", "description": "The API for programs."},
]


class PathParameter(NamedTuple):
    description: str
    example: str


PATH_PARAMETERS: Mapping[str, PathParameter] = {
    "action_id": PathParameter("The action.", "act_06gvpml7cj579nme4baogimovo"),
    "chatbot_id": PathParameter("Your own id of the chatbot.", "bot_1"),
    "delivery_id": PathParameter("The delivery.", "msg_06gvpml7cj579nme4baogimovo"),
    "inbox_id": PathParameter("The inbox.", "inb_06gvpml7cj579nme4baogimovo"),
    "invitation_id": PathParameter("The invitation.", "inv_06gvpml7cj579nme4baogimovo"),
    "listener_id": PathParameter("The listener.", "whk_06gvpml7cj579nme4baogimovo"),
    "key_id": PathParameter("The key.", "key_06gvpml7cj579nme4baogimovo"),
    "member_id": PathParameter("The member.", "usr_06gvpml7cj579nme4baogimovo"),
    "notification_id": PathParameter("The notification.", "ntf_06gvpml7cj579nme4baogimovo"),
    "request_id": PathParameter("The request.", "req_06gvpml7cj579nme4baogimovo"),
    "event_id": PathParameter("The event.", "evt_06gvpml7cj579nme4baogimovo"),
    "replay_id": PathParameter("The replay.", "rpl_06gvpml7cj579nme4baogimovo"),
    "name": PathParameter("The name of the event type.", "order.paid"),
    "webhook_id": PathParameter("The webhook.", "whk_06gvpml7cj579nme4baogimovo"),
}
NUMBER = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
REQUEST_ID = "4f1c2b7a9d0e8356"
RATE_HEADERS = {
    "X-RateLimit-Limit": {"description": "Requests in a window.", "schema": NUMBER},
    "X-RateLimit-Remaining": {"description": "Requests left.", "schema": NUMBER},
    "X-RateLimit-Reset": {
        "description": "When the window ends, in Unix seconds.",
        "schema": NUMBER,
    },
    "RateLimit-Policy": {
        "description": "The limits: the quota `q` of a window of `w` seconds.",
        "schema": TEXT,
    },
    "RateLimit": {
        "description": "What is left of them: `r`, for `t` more seconds.",
        "schema": TEXT,
    },
}
HEADERS = RATE_HEADERS | {
    "X-Request-Id": {
        "description": "The id of the request: name it when you ask for help.",
        "schema": TEXT,
    },
    "ETag": {"description": "The tag of this state.", "schema": TEXT},
    "Location": {"description": "Where it can be read.", "schema": TEXT},
    "Retry-After": {"description": "Seconds to wait.", "schema": NUMBER},
    "WWW-Authenticate": {"description": "The scope that the key lacks.", "schema": TEXT},
    "Allow": {"description": "The methods of this path.", "schema": TEXT},
}
OF_STATUS = {
    401: ("WWW-Authenticate",),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
PARAMETERS = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes a repeat harmless: it gets the answer of the first request.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of what you know. If it was changed since, the answer is a 412.",
        "schema": TEXT,
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "With GET, the `ETag` that you have: 304 if it is still that. With PUT, `*` "
        "makes it only if there is none.",
        "schema": TEXT,
    },
}


def components(schemas: Mapping[str, Schema]) -> dict[str, object]:
    return {
        "schemas": schemas,
        "responses": {str(status): _problems(status) for status in _statuses()},
        "parameters": PARAMETERS,
        "headers": HEADERS,
        "securitySchemes": {
            "key": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "hk_live_… or hk_test_…",
                "description": f"An API key. Its scopes are among {', '.join(SCOPES)}.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "session",
                "description": "The dashboard's session. Changes come from a page of this site.",
            },
        },
    }


def _statuses() -> list[int]:
    return sorted({kind.status for kind in PROBLEM_KINDS.values()})


def _problems(status: int) -> Schema:
    kinds = {slug: kind for slug, kind in PROBLEM_KINDS.items() if kind.status == status}
    shown: Schema = {"description": " ".join(kind.helps for kind in kinds.values())}
    names = ("X-Request-Id", *OF_STATUS.get(status, ()))
    shown["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    examples = {
        slug: {
            "summary": kind.helps,
            "value": {
                "type": f"{TYPES}{slug}",
                "title": kind.title,
                "status": status,
                "detail": kind.helps,
                "request_id": REQUEST_ID,
            },
        }
        for slug, kind in kinds.items()
    }
    schema = {"$ref": f"#/components/schemas/{public_name(ProblemAnswer.__name__)}"}
    shown["content"] = {"application/problem+json": {"schema": schema, "examples": examples}}
    return shown
