"""Try it: a request of the API, sent from its page of the reference with a key of test mode.

The request goes through the whole app in this process, as one from outside does.
"""

import json
from contextlib import suppress
from contextvars import Context
from typing import NamedTuple
from urllib.parse import quote

from flask import Blueprint, Flask, abort, current_app, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.test import Client, EnvironBuilder, TestResponse

from webhooks_app.lib.rate import Rates
from webhooks_app.parts import parts
from webhooks_app.web.forms.reference import TryForm, form_for
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.reference import JSON, OPERATIONS, PREFIX, Operation
from webhooks_app.web.views import reference

RATE = "60 per minute"
SHOWN_HEADERS = ("Content-Type", "Location", "ETag", "RateLimit", "Retry-After", "X-Request-Id")
LONGEST_SHOWN = 50_000

bp = Blueprint("try_it", __name__, url_prefix="/docs/reference")


class Result(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: str


@bp.post("/<slug>/try")
def send(slug: str) -> tuple[str, int]:
    operation = OPERATIONS.get(slug) or abort(404)
    form = form_for(operation)
    rates: Rates = parts().rates
    if rates.count(RATE, "try", request.remote_addr or "").exceeded:
        abort(429)
    result = _result(operation, form) if form.validate() else None
    if wants_fragment():
        page = render_template("docs/reference/_answer.html", form=form, result=result)
    else:
        page = reference.page_of(slug, form, result)
    return page, 422 if form.errors else 200


def _result(operation: Operation, form: TryForm) -> Result:
    # In a context of its own, as each request has.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response = Context().run(_ask, app, operation, form, request.host_url, request.remote_addr)
    headers = [(name, response.headers[name]) for name in SHOWN_HEADERS if name in response.headers]
    return Result(response.status, headers, _readable(response.get_data(as_text=True)))


def _ask(
    app: Flask, operation: Operation, form: TryForm, base: str, source: str | None
) -> TestResponse:
    path = PREFIX + operation.path.format_map(
        {name: quote(value, safe="") for name, value in form.values("path").items()}
    )
    body = form.body.data if form.body else None
    builder = EnvironBuilder(
        path=path,
        base_url=base,
        method=operation.method,
        query_string={name: text for name, text in form.values("query").items() if text},
        headers=Headers({"Authorization": f"Bearer {form.key.data.strip()}"}),
        environ_overrides={"REMOTE_ADDR": source},
        data=body,
        content_type=JSON if body else None,
    )
    return Client(app).open(builder)


def _readable(body: str) -> str:
    with suppress(ValueError):
        body = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    return body[:LONGEST_SHOWN]
