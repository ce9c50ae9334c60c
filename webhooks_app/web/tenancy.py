"""The only loader and guard of pages: whose rows, in which mode, and who may change them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, current_app, g, request, session
from flask_login import current_user
from flask_login import login_required as flask_login_required

from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import FORM, takes
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.paging import PageBounds, decode_cursor, from_row
from webhooks_app.notices import notifications
from webhooks_app.organisations import plans
from webhooks_app.people import sessions
from webhooks_app.people.sessions import Workspace
from webhooks_app.vocabulary import Role
from webhooks_app.web.security import visitor

P = ParamSpec("P")
R = TypeVar("R")

PAGE_OF_BEFORE = "You switched organisation or mode in another tab. Reload this page."


def init_app(app: Flask) -> None:
    app.context_processor(
        lambda: {
            "here": g.get("here"),
            "unread": _unread,
            "organisations": _organisations,
            "plan_room": _plan_room,
        }
    )


def _unread() -> int:
    return notifications.unread(db.session(), here().tenant, current_user.id)


def _plan_room(what: str) -> plans.Quota | None:
    """How many more the organisation's plan allows; None without a limit."""
    return plans.room_for(db.session(), here().organisation.id, what)


def _organisations() -> list[sessions.OrganisationName]:
    """The visitor's organisations, including the current one."""
    return sessions.organisations_of(db.session(), current_user)


def window() -> PageBounds:
    """The requested page; a 400 for a cursor that we never issued."""
    cursor = request.args.get("cursor")
    try:
        return PageBounds(below=decode_cursor(cursor) if cursor else None)
    except ValueError:
        abort(400)


def beginning() -> tuple[str, PageBounds]:
    """The row that a page which refreshes itself begins with, and the page; an empty name for the
    newest. 400 for what names no row."""
    first = request.args.get("first", "")
    try:
        return first, from_row(first) if first else window()
    except ValueError:
        abort(400)


def here() -> Workspace:
    place: Workspace = g.here
    return place


def go_to(choice: str, value: str) -> None:
    """Switch to another organisation or mode.

    Forms on open pages expire, so that none of them changes something in the new workspace.
    """
    session[choice] = value
    session.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    g.pop("here", None)


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """For personal pages: anyone who is logged in, with or without an organisation."""

    @takes(FORM)
    @flask_login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        _arrive()
        return view(*args, **kwargs)

    guarded.needs_log_in = True
    return guarded  # type: ignore[no-any-return]


def member_required(view: Callable[P, R]) -> Callable[P, R]:
    """For pages of an organisation: strangers log in first, outsiders get a 404.

    A request from a page of another organisation or mode is rejected: htmx sends which one the page
    is of.
    """

    @takes(FORM)
    @flask_login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _arrive():
            abort(404)
        if request.headers.get("X-Place", here().place) != here().place:
            raise Conflict(PAGE_OF_BEFORE)
        return view(*args, **kwargs)

    guarded.needs_log_in = True
    return guarded  # type: ignore[no-any-return]


def editor_required(view: Callable[P, R]) -> Callable[P, R]:
    """For changes: viewers get a 403."""

    @member_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not here().may_change:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def owner_required(view: Callable[P, R]) -> Callable[P, R]:
    """For what only owners may do: admins and viewers get a 403."""

    @member_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if here().role is not Role.OWNER:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def operator_required(view: Callable[P, R]) -> Callable[P, R]:
    """For operators; everyone else gets a 404."""

    @login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_operator:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def arrive_if_known() -> None:
    """Let an error page keep the frame, even at an address without a view."""
    if "here" not in g and current_user.is_authenticated:
        _arrive()


def _arrive() -> bool:
    """Set `g.here` and the actor of changes. False for someone without an organisation."""
    place = sessions.resolve_workspace(db.session(), current_user, session)
    if place is None or visitor().must_enrol:
        return False
    g.here = place
    g.organisation_id = place.organisation.id
    return True
