"""The parts of the document that operations share."""

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
    {
        "name": "Keys",
        "description": "API keys: what a key may do, and how to create and revoke others.",
    },
    {"name": "Events", "description": "Report what happened in your product."},
    {"name": "Event types", "description": "The types of events: built-in ones and your own."},
    {"name": "Chat messages", "description": "Chat messages, from which Hookline derives events."},
    {"name": "Webhooks", "description": "Endpoints that receive events."},
    {
        "name": "Actions",
        "description": "One event type and what follows it: an e-mail, a digest or a webhook.",
    },
    {
        "name": "Deliveries",
        "description": "Each delivery with its attempts, and how to send it again.",
    },
    {"name": "Replays", "description": "Send many deliveries again."},
    {"name": "Stats", "description": "Attempts over time, by result, and their latency."},
    {"name": "Listeners", "description": "Deliveries to a developer's own computer."},
    {"name": "Inboxes", "description": "Test receivers and the requests that they got."},
    {"name": "Notifications", "description": "The notifications in the dashboard."},
    {
        "name": "Members",
        "description": "The members of the organisation, their roles, and invitations.",
    },
    {"name": "Audit log", "description": "Who did what, when and from where."},
    {"name": "REST Hooks", "description": "Subscriptions of Zapier, Make and similar platforms."},
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
    "X-RateLimit-Limit": {"description": "How many requests a window allows.", "schema": NUMBER},
    "X-RateLimit-Remaining": {"description": "How many requests are left.", "schema": NUMBER},
    "X-RateLimit-Reset": {
        "description": "When the window ends, in Unix seconds.",
        "schema": NUMBER,
    },
    "RateLimit-Policy": {
        "description": "The limits: the quota `q` of a window of `w` seconds.",
        "schema": TEXT,
    },
    "RateLimit": {
        "description": "What is left of the limits: `r` in the next `t` seconds.",
        "schema": TEXT,
    },
}
HEADERS = RATE_HEADERS | {
    "X-Request-Id": {
        "description": "The id of the request. Mention it when you ask for help.",
        "schema": TEXT,
    },
    "ETag": {"description": "The tag of the current state.", "schema": TEXT},
    "Location": {"description": "The address of the new object.", "schema": TEXT},
    "Retry-After": {"description": "How many seconds to wait.", "schema": NUMBER},
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
        "description": "A key of your own, such as a UUID. A repeat with the same key acts "
        "once and gets the first answer.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` of the state that you know. If the object was changed "
        "since, the answer is a 412.",
        "schema": TEXT,
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "With GET, the `ETag` that you have: the answer is a 304 if it is still "
        "current. With PUT, `*` creates an object only if there is none.",
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
                "description": "The session cookie of the dashboard. Changes must come from a page "
                "of this site.",
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
