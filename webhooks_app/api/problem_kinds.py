"""Every kind of problem that the API answers: its status, its title, and what to do."""

from collections.abc import Mapping
from typing import NamedTuple


class ProblemKind(NamedTuple):
    status: int
    title: str
    helps: str


PROBLEM_KINDS: Mapping[str, ProblemKind] = {
    "malformed-json": ProblemKind(400, "The body is not JSON", "Send JSON in UTF-8."),
    "unknown-host": ProblemKind(400, "Unknown host", "Use the host name in `PUBLIC_URL`."),
    "incomplete-body": ProblemKind(
        400, "Incomplete", "Send as much as `Content-Length` says, or the last chunk."
    ),
    "authorization-pending": ProblemKind(
        400, "Not approved yet", "Ask again after `interval` seconds."
    ),
    "slow-down": ProblemKind(400, "Too soon", "Ask less often."),
    "access-denied": ProblemKind(
        400, "Refused", "The log-in was refused. Begin again if that was a mistake."
    ),
    "expired-token": ProblemKind(400, "Expired", "The code has expired or was used. Begin again."),
    "unauthorized": ProblemKind(
        401,
        "No valid API key",
        "Send a valid key, or log in. `detail` says whether the key is unknown, revoked or "
        "expired.",
    ),
    "insufficient-scope": ProblemKind(
        403, "This key may not do that", "Use a key with the named scope."
    ),
    "live-key-needed": ProblemKind(
        403,
        "This key may not do that",
        "Use a live key, because live and test share what this changes.",
    ),
    "forbidden": ProblemKind(
        403, "Your role does not allow this", "Your role can only read. Ask an owner or admin."
    ),
    "plan-limit": ProblemKind(
        403,
        "Not in your plan",
        "The limit of your plan is reached. `detail` names a plan that allows more.",
    ),
    "cross-origin": ProblemKind(
        403, "Sent from another site", "With a session cookie, call from a page of this site."
    ),
    "not-found": ProblemKind(
        404, "Not found", "Nothing with that id exists in this organisation and mode."
    ),
    "method-not-allowed": ProblemKind(405, "Method Not Allowed", "See the header `Allow`."),
    "too-slow": ProblemKind(408, "Too slow", "Send the body faster."),
    "conflict": ProblemKind(
        409, "Conflict", "The current state does not allow it. `detail` says what would help."
    ),
    "idempotency-key-in-use": ProblemKind(
        409,
        "Already in use",
        "The first request with this `Idempotency-Key` still runs, or its answer was lost. "
        "`detail` says which.",
    ),
    "listener-ended": ProblemKind(
        410, "The listener has ended", "Start it again, if it was not you who stopped it."
    ),
    "changed-meanwhile": ProblemKind(
        412,
        "Changed in the meantime",
        "Look at `current`, and send your change again with its `ETag` in `If-Match`.",
    ),
    "payload-too-large": ProblemKind(413, "Too large", "Send a smaller body."),
    "unsupported-media-type": ProblemKind(
        415, "JSON only", "Send `Content-Type: application/json`."
    ),
    "invalid-request": ProblemKind(
        422, "The request is not valid", "Correct the members that `errors` names."
    ),
    "idempotency-key-reused": ProblemKind(
        422,
        "Already used for a different event",
        "Use a new key or id for a different event, message or request.",
    ),
    "loop-detected": ProblemKind(
        422,
        "Events go in a loop",
        "A webhook sends events back to Hookline. Change its URL.",
    ),
    "busy": ProblemKind(
        429,
        "Busy",
        "Other costly events of your organisation are being matched. Send it again in a second.",
    ),
    "too-many-requests": ProblemKind(
        429,
        "Too many requests",
        "Wait for `Retry-After` seconds, or send batches. `detail` says whether it is the "
        "plan's limit.",
    ),
    "daily-limit": ProblemKind(
        429,
        "Daily limit reached",
        "The organisation reached its limit of such mails today. Try again after midnight UTC.",
    ),
    "internal-error": ProblemKind(500, "Internal error", "An error on our side. Try again."),
    "unavailable": ProblemKind(
        503,
        "Temporarily unavailable",
        "The database does not respond, or took too long. Try again with the same "
        "`Idempotency-Key`, because the request may have been stored.",
    ),
}
