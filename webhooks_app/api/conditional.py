"""`ETag`, `If-None-Match` and `If-Match` (RFC 9110 §13), for every operation.

Where an answer has counters, its tag has two parts: what people edit, and the whole. `If-Match`
compares the first, so that a delivery keeps nobody from a change; `If-None-Match` compares both.
"""

import hashlib
import inspect
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Response, current_app, request
from werkzeug.datastructures import ETags
from werkzeug.exceptions import HTTPException

from webhooks_app.api import auth
from webhooks_app.api.answers import without
from webhooks_app.api.operation import Operation, current_operation, operation_of
from webhooks_app.api.problems import Problem
from webhooks_app.database import hold_name
from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound

READS = ("GET", "HEAD")
CHANGES = ("PUT", "PATCH", "DELETE")
CONDITIONS = ("If-Match", "If-None-Match")
TAGGED = (HTTPStatus.OK, HTTPStatus.CREATED)
LENGTH = 16  # of 64 hexadecimal digits


class Reading(NamedTuple):
    """The GET view of the requested path."""

    operation: Operation
    view: Any
    arguments: dict[str, object]


def check_unchanged() -> None:
    """Raise a 412 `Problem` if the state is not the one that the client knows.

    The path is locked until the commit, so of several requests at once only one succeeds.
    """
    named = [name for name in CONDITIONS if name in request.headers]
    if request.method not in CHANGES or not named or not auth.may(current_operation()):
        return
    hold_name(db.session(), f"{auth.tenant().organisation_id} {request.path}")
    present = _present()
    if present is None and request.method != "PUT" and _reading() is not None:
        return  # the view answers 404; what nobody can read has no tag that could match
    edited = "" if present is None else _edited(present[1])
    is_known = present is not None and _lists(request.if_match, edited)
    is_there = present is not None and _lists(request.if_none_match, edited)
    if ("If-Match" in named and not is_known) or is_there:
        raise _changed(present)


def tag(response: Response) -> Response:
    """Add an `ETag` to what was read or changed. Answer 304 to a client that already has it."""
    if response.status_code not in TAGGED or response.is_streamed:
        return response
    if request.method in READS:
        found = _tag(response.get_data(), current_operation())
        response.set_etag(found)
        if request.if_none_match.contains_weak(found):
            return _not_modified(response)
    elif request.method in CHANGES:
        reading = _reading()
        changed = current_operation()
        if reading and changed.answers.get(response.status_code) == reading.operation.answers[200]:
            body = without(response.get_data(), *filter(None, (changed.shows_once,)))
            response.set_etag(_tag(body, reading.operation))
    return response


def _reading() -> Reading | None:
    routes = current_app.create_url_adapter(request)
    assert routes is not None
    try:
        endpoint, arguments = routes.match(method="GET")
    except HTTPException:
        return None
    view = current_app.view_functions[endpoint]
    return Reading(operation_of(view), inspect.unwrap(view), dict(arguments))


def _present() -> tuple[bytes, str] | None:
    """What a GET would answer now, and its tag; None if there is nothing."""
    reading = _reading()
    if reading is None:
        return None
    try:
        response: Response = reading.view(**reading.arguments)
    except NotFound:
        return None
    return response.get_data(), _tag(response.get_data(), reading.operation)


def _tag(body: bytes, reading: Operation) -> str:
    whole = hashlib.sha256(body).hexdigest()[:LENGTH]
    if not reading.volatile:
        return whole
    return f"{hashlib.sha256(without(body, *reading.volatile)).hexdigest()[:LENGTH]}.{whole}"


def _edited(tag: str) -> str:
    return tag.partition(".")[0]


def _lists(tags: ETags, edited: str) -> bool:
    """Whether one of the tags matches, also a weak one: a proxy that compresses makes tags weak."""
    listed = filter(None, tags.as_set(include_weak=True))  # werkzeug reads an empty tag as None
    return tags.star_tag or edited in map(_edited, listed)


def _not_modified(response: Response) -> Response:
    fresh = Response(status=HTTPStatus.NOT_MODIFIED)
    del fresh.headers["Content-Type"]
    fresh.headers["ETag"] = response.headers["ETag"]
    return fresh


def _changed(present: tuple[bytes, str] | None) -> Problem:
    reading = _reading()
    if present is None or reading is None:
        return _unknown("Nothing at this address has an `ETag`.")
    if not auth.may(reading.operation):
        scope = reading.operation.scope
        return _unknown(
            "Someone else changed or created it in the meantime. To see the current "
            f"state, use a key with `{scope}`."
        )
    return _unknown(
        "Someone else changed or created it in the meantime. `current` is the "
        "current state, and `ETag` is its tag.",
        current=present[0],
        headers={"ETag": f'"{present[1]}"'},
    )


def _unknown(detail: str, **more: Any) -> Problem:
    return Problem(412, "changed-meanwhile", "Changed in the meantime", detail, **more)
