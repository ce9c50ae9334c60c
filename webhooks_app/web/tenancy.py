"""The only loader and guard of pages: whose rows, in which mode, and who may change them."""

from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, g, request, session
from flask_login import current_user
from flask_login import login_required as flask_login_required

from webhooks_app.extensions import db
from webhooks_app.lib.body_limits import FORM, takes
from webhooks_app.lib.paging import PageBounds, decode_cursor, from_row
from webhooks_app.notices import notifications
from webhooks_app.operations import replica_reads
from webhooks_app.organisations import audit_log, plans
from webhooks_app.people import workspaces
from webhooks_app.people.workspaces import MODE, ORGANISATION, OrganisationName, Workspace
from webhooks_app.vocabulary import Role
from webhooks_app.web import places
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.security import visitor
from webhooks_app.web.toasts import toast

P = ParamSpec("P")
R = TypeVar("R")


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


def _organisations() -> list[OrganisationName]:
    """The visitor's organisations, including the current one."""
    return workspaces.organisations_of(db.session(), current_user)


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


def is_somewhere() -> bool:
    """Whether the visitor is a member of any organisation."""
    return "here" in g


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

    They may read from the replica, once it is clear who may see them.
    """

    @_by_member
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _may_lag():
            return view(*args, **kwargs)
        return replica_reads.answered(current_user.id, partial(view, *args, **kwargs))

    return guarded


def _by_member(view: Callable[P, R]) -> Callable[P, R]:
    @takes(FORM)
    @flask_login_required
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _arrive():
            abort(404)
        _remember()
        return view(*args, **kwargs)

    guarded.needs_log_in = True
    return guarded  # type: ignore[no-any-return]


def _may_lag() -> bool:
    """A page that shows a secret deletes it, so it cannot be made twice."""
    return request.method in replica_reads.SAFE_METHODS and visitor().session.shown_once is None


def editor_required(view: Callable[P, R]) -> Callable[P, R]:
    """For changes and their forms: viewers get a 403."""

    @_by_member
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not here().may_change:
            abort(403)
        return view(*args, **kwargs)

    return guarded


def owner_required(view: Callable[P, R]) -> Callable[P, R]:
    """For what only owners may do: admins and viewers get a 403."""

    @_by_member
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
    """Let an error page keep the frame, even at an address without a view.

    An outsider's has the frame of where they were last.
    """
    if "here" not in g and current_user.is_authenticated and not _arrive():
        g.asked_for = None
        _arrive()


def _arrive() -> bool:
    """Set `g.here` and the actor of changes: in the place of the address, otherwise the last one.

    False for someone who is not a member there.
    """
    audit_log.act_as(audit_log.Actor.person(current_user))
    asked = places.asked_for()
    place = (
        workspaces.find(db.session(), current_user, *asked)
        if asked
        else workspaces.last(db.session(), current_user, session)
    )
    if place is None or visitor().must_enrol:
        return False
    g.here = place
    g.organisation_id = place.organisation.id
    return True


def _remember() -> None:
    """Keep where the person is, for addresses without a place.

    A link from elsewhere may lead to another place than the last one; then a message says so.
    """
    if request.method != "GET" or wants_fragment():
        return
    place = here()
    now = {ORGANISATION: place.organisation.id, MODE: place.mode.value}
    before = {name: session.get(name) for name in now}
    if now == before:
        return
    if before[ORGANISATION] and urlsplit(request.referrer or "").netloc != request.host:
        moved = now[ORGANISATION] != before[ORGANISATION]
        toast(
            f"You are now in {f'{place.organisation.name}, in ' if moved else ''}{place.mode} mode."
        )
    session.update(now)
