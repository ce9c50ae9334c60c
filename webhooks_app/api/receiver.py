"""POST /api/test-webhook, as in the Pollybot document: a URL to develop webhooks with.

With an API key or the token of an inbox, the request is kept in that inbox. Without one, the answer
only sums it up, so strangers can fill nothing. A session is not enough: pages of other sites could
post with it.
"""

from flask import Blueprint, Response, request, url_for

from webhooks_app.api.answers import answer
from webhooks_app.api.auth import require_key, tenant
from webhooks_app.api.problems import Problem, register_problem_handlers
from webhooks_app.extensions import csrf, db
from webhooks_app.inbox import inboxes
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.inbox.payloads import event_name, lead_of, parsed
from webhooks_app.inbox.requests import Answered, Received
from webhooks_app.lib.body_limits import takes
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.rate import Rates
from webhooks_app.lib.times import rfc3339, utcnow
from webhooks_app.models import Inbox
from webhooks_app.parts import parts

STRANGERS_RATE = "60 per minute"
TIMESTAMP_HEADERS = ("webhook-timestamp", "x-webhook-timestamp")

bp = Blueprint("test_webhook", __name__, url_prefix="/api")
csrf.exempt(bp)
register_problem_handlers(bp)


@bp.post("/test-webhook")
@takes(inbox_requests.BODY_LIMIT)
def receive() -> Response:
    """The body is read first, so a slow client holds no transaction open."""
    body = request.get_data()
    inbox = _inbox()
    if inbox is None:
        _count(STRANGERS_RATE, "test-webhook", request.remote_addr or "")
        return answer({"received": True, "stored": False, **_summary(body)})
    _count(inbox_requests.RATE, "inbox", inbox.id)
    page = url_for("receiver.receive", token=inbox.token, _external=True)
    source = (request.remote_addr or "")[:64]
    received = Received(request.method, source, list(request.headers.items()), body)
    inbox_requests.receive(db.session(), inbox, received, Answered(200))
    return answer({"received": True, "stored": True, "inbox": page, **_summary(body)})


def _inbox() -> Inbox | None:
    """The inbox that the query names, or the one of the key's organisation; None for strangers.

    Raises `NotFound`, `Conflict`, or a 401 `Problem` for a key that is not known.
    """
    if (token := request.args.get("inbox")) is not None:
        inbox = inboxes.find(db.session(), token)
        if inbox is None:
            raise NotFound
        return inbox
    if not request.headers.get("Authorization", "").lower().startswith("bearer hk_"):
        return None
    require_key()
    return inboxes.inbox_of_api(db.session(), tenant().organisation_id)


def _count(limits: str, *key: str) -> None:
    rates: Rates = parts().rates
    if (allowance := rates.count(limits, *key)).exceeded:
        raise Problem(
            429,
            "too-many-requests",
            "Too many requests",
            f"This URL accepts {allowance.limit} requests. Try again in {allowance.seconds_left} "
            "s.",
            headers={"Retry-After": str(allowance.seconds_left)},
        )


def _summary(body: bytes) -> dict[str, object]:
    """What the Pollybot document shows. Header values are left out: some are secret."""
    content = parsed(body)
    names = [name for name in request.headers.keys() if "signature" in name.lower()]  # noqa: SIM118
    stamps = [request.headers[name] for name in TIMESTAMP_HEADERS if name in request.headers]
    return {
        "time": rfc3339(utcnow()),
        "event": event_name(content) or None,
        "lead": lead_of(content) or None,
        "signature_header": names[0] if names else None,
        "timestamp": stamps[0] if stamps else None,
        "bytes": len(body),
    }
