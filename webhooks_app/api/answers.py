"""JSON answers as Structs, so that each one is declared and OpenAPI can describe it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from flask import Response
from msgspec import Meta
from werkzeug.datastructures import MIMEAccept

from webhooks_app.lib.export import export
from webhooks_app.lib.paging import Page
from webhooks_app.lib.times import rfc3339
from webhooks_app.parts import parts

JSON = "application/json"
NDJSON = "application/x-ndjson"

Row = TypeVar("Row")
Shown = TypeVar("Shown", bound=msgspec.Struct)


class PageAnswer(msgspec.Struct, Generic[Shown], frozen=True):
    """A page of a list."""

    data: list[Shown]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` to get the next page. It is null on the last page."),
    ]


class SearchedPageAnswer(PageAnswer[Shown], Generic[Shown], frozen=True):
    """A page of a log."""

    searched_back_to: Annotated[
        str | None,
        Meta(
            description="How far back this page has searched the log. It is null on the last page.",
            extra_json_schema={"format": "date-time"},
        ),
    ]


SEARCHED = (
    "Each page searches a part of the log, back to `searched_back_to`. So a page can have fewer "
    "than `limit`, or none, although there is a next page."
)


def answer(content: msgspec.Struct | Mapping[str, object], status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, mimetype="application/json")


def page(page: Page[Row], shape: Callable[[Row], Shown]) -> PageAnswer[Shown]:
    return PageAnswer([shape(row) for row in page.rows], page.next_cursor)


def searched_page(page: Page[Row], shape: Callable[[Row], Shown]) -> SearchedPageAnswer[Shown]:
    back_to = page.searched_back_to
    shown = [shape(row) for row in page.rows]
    return SearchedPageAnswer(shown, page.next_cursor, rfc3339(back_to) if back_to else None)


def lines_wanted(accepted: MIMEAccept) -> bool:
    """Whether the client prefers one JSON a line over a page."""
    return accepted.best_match([JSON, NDJSON]) == NDJSON


def all_lines(
    organisation_id: str, batches: Iterable[Sequence[Row]], shape: Callable[[Row], Shown]
) -> Response:
    """Each as a line, sent while they are read. Raises `TooOften`."""

    def written(left: Iterator[Sequence[Row]]) -> Iterator[bytes]:
        for batch in left:
            yield b"".join(msgspec.json.encode(shape(row)) + b"\n" for row in batch)

    return export(parts().exports, organisation_id, batches, written, NDJSON)


def no_content() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def without(body: bytes, *paths: str) -> bytes:
    """A JSON body without the members at these paths, such as `webhook.secret`."""
    if not paths:
        return body
    content = msgspec.json.decode(body)
    for path in paths:
        inner, name = member_at(content, path)
        inner.pop(name, None)
    return msgspec.json.encode(content)


def member_at(content: Any, path: str) -> tuple[dict[str, Any], str]:
    """The object that holds the member at `path`, and the member's name."""
    *outer, name = path.split(".")
    for one in outer:
        content = content[one]
    return content, name
