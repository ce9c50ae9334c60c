"""Refusals before Flask: a problem (RFC 9457) for the API, otherwise a line of text."""

import json
from dataclasses import asdict, dataclass

from webhooks_app.lib.request_ids import HEADER, request_id_of


@dataclass(frozen=True, slots=True)
class Refusal:
    type: str
    title: str
    status: int
    detail: str

    def rendered(self, path: str, given_id: str | None) -> tuple[bytes, dict[str, str]]:
        """The body and its headers, for a request to that path with that id."""
        request_id = request_id_of(given_id)
        content, kind = f"{self.detail}\n".encode(), "text/plain; charset=utf-8"
        if path.startswith("/api/"):
            content = json.dumps(asdict(self) | {"request_id": request_id}).encode()
            kind = "application/problem+json"
        return content, {"content-type": kind, HEADER.lower(): request_id}


UNKNOWN_HOST = Refusal(
    "/docs/api#unknown-host",
    "Unknown host",
    400,
    "This site has no such name. If you run it, set PUBLIC_URL, or add the name to TRUSTED_HOSTS.",
)
INCOMPLETE = Refusal(
    "/docs/api#incomplete-body", "Incomplete", 400, "The request's body is incomplete."
)
UNAVAILABLE = Refusal(
    "/docs/api#unavailable",
    "Temporarily unavailable",
    503,
    "The database does not respond. Nothing was stored. Send the request again in a moment.",
)
TOO_SLOW = Refusal("/docs/api#too-slow", "Too slow", 408, "The request's body arrived too slowly.")
