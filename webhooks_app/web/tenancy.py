"""The one loader and the one guard of pages: whose rows, in which mode, and who may change them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, g, request, session
from flask_login import current_user, login_required

from webhooks_app.extensions import db
from webhooks_app.lib.paging import Window, decode_cursor
from webhooks_app.services import notifications
from webhooks_app.services.sessions import Here, here_of

P = ParamSpec("P")
R = TypeVar("R")


def init_app(app: Flask) -> None:
    app.context_processor(lambda: {"here": g.get("here"), "unread": _unread})


def _unread() -> int:
    return notifications.unread(db.session(), here().tenant)


def window() -> Window:
    """The page that the query asks for; 400 for a cursor that was never handed out."""
    cursor = request.args.get("cursor")
    try:
        return Window(below=decode_cursor(cursor) if cursor else None)
    except ValueError:
        abort(400)


def here() -> Here:
    place: Here = g.here
    return place


def member(view: Callable[P, R]) -> Callable[P, R]:
    """For pages of an organisation: strangers log in first, outsiders find nothing."""

    @login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.here = here_of(db.session(), current_user, session) or abort(404)
        return view(*args, **kwargs)

    return guarded  # type: ignore[no-any-return]


def editor(view: Callable[P, R]) -> Callable[P, R]:
    """For changes: viewers are told that their role does not allow them."""

    @member
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not here().may_change:
            abort(403)
        return view(*args, **kwargs)

    return guarded
