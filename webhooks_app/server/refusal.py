"""Refusals before Flask: a problem (RFC 9457) for the API, otherwise a line of text."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    type: str
    title: str
    status: int
    detail: str

    def rendered(self, path: str) -> tuple[bytes, str]:
        """The body and its content type, for a request to that path."""
        if path.startswith("/api/"):
            return json.dumps(asdict(self)).encode(), "application/problem+json"
        return f"{self.detail}\n".encode(), "text/plain; charset=utf-8"


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
