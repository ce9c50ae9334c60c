"""The one loader and the one guard of pages: whose rows, in which mode, and who may change them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, current_app, g, request, session
from flask_login import current_user
from flask_login import login_required as flask_login_required

from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import FORM, takes
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.paging import PageBounds, decode_cursor
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
    """How many more the organisation's plan has; None for as many as one likes."""
    return plans.room_for(db.session(), here().organisation.id, what)


def _organisations() -> list[sessions.OrganisationName]:
    """Those that the visitor may switch to, and the one they are in."""
    return sessions.organisations_of(db.session(), current_user)


def window() -> PageBounds:
    """The page that the query asks for; 400 for a cursor that was never handed out."""
    cursor = request.args.get("cursor")
    try:
        return PageBounds(below=decode_cursor(cursor) if cursor else None)
    except ValueError:
        abort(400)


def here() -> Workspace:
    place: Workspace = g.here
    return place


def go_to(choice: str, value: str) -> None:
    """Look at another organisation or mode from now on.

    The forms of pages that are still open expire: none of them may change what is here now.
    """
    session[choice] = value
    session.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    g.pop("here", None)


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """For pages of one's own: whoever is logged in, member of something or not."""

    @takes(FORM)
    @flask_login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        _arrive()
        return view(*args, **kwargs)

    guarded.needs_log_in = True
    return guarded  # type: ignore[no-any-return]


def member_required(view: Callable[P, R]) -> Callable[P, R]:
    """For pages of an organisation: strangers log in first, outsiders find nothing.

    A page that is still open keeps no company with another organisation or mode: what htmx asks
    for says of which it is.
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
    """For changes: viewers are told that their role does not allow them."""

    @member_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not here().may_change:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def owner_required(view: Callable[P, R]) -> Callable[P, R]:
    """For what decides who rules: admins and viewers are told that their role does not allow it."""

    @member_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if here().role is not Role.OWNER:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def operator_required(view: Callable[P, R]) -> Callable[P, R]:
    """For those who run the machine; for all others there is nothing."""

    @login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_operator:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def arrive_if_known() -> None:
    """Let an error page keep the frame, also of an address that belongs to no view."""
    if "here" not in g and current_user.is_authenticated:
        _arrive()


def _arrive() -> bool:
    """Set `g.here`, and who changes things. False for who is a member of nothing."""
    place = sessions.resolve_workspace(db.session(), current_user, session)
    if place is None or visitor().must_enrol:
        return False
    g.here = place
    return True
