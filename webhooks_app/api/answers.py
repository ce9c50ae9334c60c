"""JSON answers: Structs, so that what is answered is declared, and OpenAPI can say it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from flask import Response

from webhooks_app.lib.paging import Page

Row = TypeVar("Row")
Answer = msgspec.Struct | Mapping[str, object]


def answer(content: Answer, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, mimetype="application/json")


def page(page: Page[Row], shape: Callable[[Row], Answer]) -> Answer:
    return {"data": [shape(row) for row in page.rows], "next_cursor": page.next_cursor}


def no_content() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
