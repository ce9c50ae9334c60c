"""POST /test-webhook/<token>: the built-in receiver, for anyone who knows the URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

import structlog
from flask import Blueprint, abort, jsonify, request
from werkzeug.wrappers import Response

from webhooks_app.extensions import csrf, db
from webhooks_app.inbox import inboxes as service
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.inbox.inboxes import CannedAnswer
from webhooks_app.inbox.requests import Answered, Received
from webhooks_app.lib.body_limits import takes
from webhooks_app.lib.rate import Rates
from webhooks_app.parts import parts

RETRY_AFTER = "10"
WITHOUT_BODY = (204, 205, 304)
MOVED = (301, 302, 303, 307, 308)
MIME_TYPES = {"json": "application/json", "text": "text/plain"}

bp = Blueprint("receiver", __name__, url_prefix="/test-webhook")
log = structlog.get_logger(__name__)


@bp.route("/<token>", methods=["POST", "PUT"])
@csrf.exempt
@takes(inbox_requests.BODY_LIMIT)
def receive(token: str) -> Response:
    """The body is read first, so a slow sender holds no transaction open.

    A delayed answer holds none either: the request is committed before.
    """
    body = request.get_data()
    inbox = service.find(db.session(), token) or abort(404)
    rates: Rates = parts().rates
    if (allowance := rates.count(inbox_requests.RATE, "inbox", inbox.id)).exceeded:
        return _too_many(allowance.seconds_left)
    answer = service.answer_of(inbox)
    source = (request.remote_addr or "")[:64]
    received = Received(request.method, source, list(request.headers.items()), body)
    with _room_to_wait(inbox.organisation_id, answer.delay_ms) as delay_ms:
        skipped = delay_ms < answer.delay_ms
        answered = Answered(answer.status, delay_ms, delay_skipped=skipped)
        inbox_requests.receive(db.session(), inbox, received, answered)
        if skipped:
            log.info("delay skipped", wanted_ms=answer.delay_ms)
        sleep(delay_ms / 1000)
    return _response(answer)


@contextmanager
def _room_to_wait(organisation_id: str, wanted_ms: int) -> Iterator[int]:
    """How long an answer may hold its thread: as wanted, or not at all if too many do."""
    if not wanted_ms:
        yield 0
        return
    with parts().delays.place(organisation_id) as had_room:
        yield wanted_ms if had_room else 0


def _too_many(seconds: int) -> Response:
    response = jsonify(error=f"An inbox accepts {inbox_requests.RATE}.")
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return response


def _response(answer: CannedAnswer) -> Response:
    body = "" if answer.status in WITHOUT_BODY else answer.body
    response = Response(body, answer.status, mimetype=MIME_TYPES[answer.content_type])
    if answer.status in (429, 503):
        response.headers["Retry-After"] = RETRY_AFTER
    if answer.status in MOVED:
        response.headers["Location"] = "/"
    return response
