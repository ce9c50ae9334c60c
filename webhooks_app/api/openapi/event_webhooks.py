"""The requests that webhooks receive, one for each event type of the catalogue."""

from webhooks_app.catalogue import CATALOGUE, EventType
from webhooks_app.catalogue.system import DIGEST

MOMENT = "2026-03-02T10:00:00.000Z"
TEXT = {"type": "string"}
HEADERS = {
    "webhook-id": "The id of the delivery. It is the same for each try.",
    "webhook-timestamp": "The time of this attempt in Unix seconds.",
    "webhook-signature": "One or more signatures, with spaces between (Standard Webhooks).",
}


def all_of_them() -> dict[str, object]:
    """Requests in the default wire format. Digests go out only by e-mail."""
    return {name: {"post": _request(kind)} for name, kind in CATALOGUE.items() if name != DIGEST}


def _request(kind: EventType) -> dict[str, object]:
    return {
        "operationId": kind.name,
        "summary": kind.title,
        "description": kind.description,
        "tags": ["Events"],
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": TEXT}
            for name, words in HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _schema(kind), "example": _example(kind)}},
        },
        "responses": {
            "2XX": {"description": "The delivery arrived."},
            "410": {
                "description": "The endpoint wants no more requests. The webhook is switched off."
            },
        },
    }


def _schema(kind: EventType) -> dict[str, object]:
    data = {name: value for name, value in (kind.schema or {}).items() if name != "$schema"}
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": kind.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
    }


def _example(kind: EventType) -> dict[str, object]:
    return {"type": kind.name, "timestamp": MOMENT, "data": dict(kind.sample)}
