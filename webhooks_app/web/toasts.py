"""Messages that float over the page for a moment, some of them with Undo.

A full page shows them after the redirect; to an htmx request they go at once, in a header.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

import msgspec
from flask import Flask, flash, get_flashed_messages, request, session
from werkzeug.wrappers import Response

from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.security import SAFE_METHODS

FLASHED = "_flashes"


class Undo(msgspec.Struct, frozen=True):
    """The form behind Undo. `swaps` is the selector of the part that its answer replaces; without
    it, the answer is a page."""

    action: str
    fields: Sequence[tuple[str, str]] = ()
    swaps: str = ""


class Toast(msgspec.Struct, frozen=True):
    text: str
    undo: Undo | None = None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["toasts"] = toasts
    app.after_request(_send_at_once)


def toast(text: str, undo: Undo | None = None) -> None:
    """Show the message on the page that follows this change."""
    flash(text, msgspec.json.encode(undo).decode() if undo else "message")


def toasts() -> list[Toast]:
    """The messages that were not shown yet. They are deleted by reading them."""
    said = cast(list[tuple[str, str]], get_flashed_messages(with_categories=True))
    return [Toast(text, _undo(category)) for category, text in said]


def _undo(category: str) -> Undo | None:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(category, type=Undo)
    return None


def _send_at_once(response: Response) -> Response:
    """Only with the answer to a change: a page that refreshes itself in another tab must not take
    what this one waits for."""
    waits = request.method not in SAFE_METHODS and FLASHED in session and wants_fragment()
    if waits and response.status_code == 200:
        said = [msgspec.to_builtins(one) for one in toasts()]
        # Headers are ASCII; names are not.
        response.headers["HX-Trigger"] = json.dumps({"toast": {"said": said}})
    return response
