"""A POST that is repeated with its `Idempotency-Key` acts once, and gets the first answer again.

Views that declare `knows_repeats` see to it themselves. Those that declare `acts_again` act each
time.
"""

import hashlib
from http import HTTPStatus

import msgspec
import structlog
from flask import Response, g, request

from webhooks_app.api import auth
from webhooks_app.api.answers import member_at
from webhooks_app.api.operation import current_operation
from webhooks_app.api.problems import Problem
from webhooks_app.api.repeats import LONGEST_KEY, idempotency_key, reused_for
from webhooks_app.database import clock
from webhooks_app.extensions import db
from webhooks_app.lib.errors import DATABASE_AWAY, reason_of
from webhooks_app.lib.pointers import Fault
from webhooks_app.organisations import answered_requests as service
from webhooks_app.organisations.answered_requests import AnswerLost, KeptAnswer, StillRunning
from webhooks_app.parts import parts

KEPT_HEADERS = ("Content-Type", "Location")
REPEATED = "Idempotent-Replayed"

log = structlog.get_logger(__name__)


class Kept(msgspec.Struct):
    """What is kept of an answer, as it is sealed."""

    headers: dict[str, str]
    body: msgspec.Raw


def answer_repeat() -> Response | None:
    """The first answer to this request, or None after its key was claimed."""
    operation = current_operation()
    if request.method != "POST" or operation.knows_repeats or operation.acts_again:
        return None
    key = idempotency_key(LONGEST_KEY)
    if key is None or not auth.may(current_operation()):
        return None
    try:
        now = clock(db.session.connection())
        found = service.claim_key(
            db.session(), auth.tenant(), key, _fingerprint(), now, parts().vault
        )
    except service.OtherRequest as error:
        raise reused_for("request") from error
    except (StillRunning, AnswerLost) as error:
        raise _in_use(error) from error
    if isinstance(found, KeptAnswer):
        return _again(found)
    g.claim = found
    return None


def keep_answer(response: Response) -> Response:
    """Answers to requests that were carried out are kept; after others the key is free again."""
    claim = g.pop("claim", None)
    if claim is None:
        return response
    try:
        if response.status_code < HTTPStatus.BAD_REQUEST:
            service.keep_answer(db.session(), claim, _kept(response), parts().vault)
        else:
            refused = response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
            service.release_key(db.session(), claim, refused=refused)
    except DATABASE_AWAY as error:
        log.warning("answer not kept", reason=reason_of(error))
    return response


def _fingerprint() -> str:
    """A digest of everything that makes two requests the same.

    The sender is part of it, since an answer may hold a secret.
    """
    said = hashlib.sha256(f"{auth.key_id()} {request.method} {request.full_path}\n".encode())
    said.update(request.get_data())
    return said.hexdigest()


def _kept(response: Response) -> KeptAnswer:
    """Separate the secret that is shown once: it is kept for a shorter time."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    body, secret = response.get_data(), None
    if path := current_operation().shows_once:
        content = msgspec.json.decode(body)
        inner, name = member_at(content, path)
        secret = inner.pop(name, None)
        body = msgspec.json.encode(content)
    kept = Kept(headers, msgspec.Raw(body or b"null"))
    return KeptAnswer(response.status_code, msgspec.json.encode(kept).decode(), secret)


def _again(answer: KeptAnswer) -> Response:
    kept = msgspec.json.decode(answer.content, type=Kept)
    body = bytes(kept.body)
    if answer.secret is not None:
        content = msgspec.json.decode(body)
        inner, name = member_at(content, current_operation().shows_once or "")
        inner[name] = answer.secret
        body = msgspec.json.encode(content)
    has_body = "Content-Type" in kept.headers
    response = Response(body if has_body else b"", answer.status)
    if not has_body:
        del response.headers["Content-Type"]
    response.headers.update({**kept.headers, REPEATED: "true"})
    return response


def _in_use(error: Exception) -> Problem:
    if isinstance(error, StillRunning):
        detail = "The first request with this key still runs. Try again in a second."
    else:
        detail = (
            "The first request with this key was carried out, but its answer was "
            "lost. Check what it changed before you send another request with a new "
            "key."
        )
    return Problem(
        409,
        "idempotency-key-in-use",
        "Already in use",
        detail,
        faults=[Fault("Idempotency-Key", detail, kind="header")],
        headers={"Retry-After": "1"} if isinstance(error, StillRunning) else {},
    )
