"""JSON answers as Structs, so that each one is declared and OpenAPI can describe it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Generic, TypeVar

import msgspec
from flask import Response
from msgspec import Meta

from webhooks_app.lib.paging import Page

Row = TypeVar("Row")
Shown = TypeVar("Shown", bound=msgspec.Struct)


class PageAnswer(msgspec.Struct, Generic[Shown], frozen=True):
    """Some of a list."""

    data: list[Shown]
    next_cursor: Annotated[
        str | None, Meta(description="Send it as `cursor` for the next page; null on the last.")
    ]


def answer(content: msgspec.Struct | Mapping[str, object], status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, mimetype="application/json")


def page(page: Page[Row], shape: Callable[[Row], Shown]) -> PageAnswer[Shown]:
    return PageAnswer([shape(row) for row in page.rows], page.next_cursor)


def no_content() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
