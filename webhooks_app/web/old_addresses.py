"""Addresses without organisation and mode, as old mails and bookmarks have them.

An address that names a thing leads to where that is, every other one to where the person was last.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Flask, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict, NotFound
from webhooks_app.people import workspaces
from webhooks_app.people.workspaces import THINGS, Workspace
from webhooks_app.web import places
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.places import Page
from webhooks_app.web.security import SAFE_METHODS
from webhooks_app.web.tenancy import here, member_required

MOVED = (
    "This page is older than the last update and does not name its organisation and mode. Nothing "
    "was saved. Copy what you typed and reload the page."
)


def init_app(app: Flask) -> None:
    app.before_request(_lead_on)


def _lead_on() -> Response | None:
    if request.routing_exception is None:
        return None
    page = places.page_at(request.path, request.method)
    return None if page is None else _lead_to(page)


@member_required
def _lead_to(page: Page) -> Response:
    """What an open page sends is led on only if it names a thing: the last place may be another.

    The view that a form is led to checks its CSRF token.
    """
    is_safe = request.method in SAFE_METHODS
    if (wants_fragment() or not is_safe) and not _names_a_thing(page.named):
        raise Conflict(MOVED)
    address = places.address(page, _place_of(page))
    if query := urlencode(list(request.args.items(multi=True))):
        address = f"{address}?{query}"
    return redirect(address, 302 if is_safe else 307)


def _place_of(page: Page) -> Workspace:
    """Raises `NotFound` for a thing that is in none of the person's organisations."""
    if _names_a_thing(page.named):
        found = _where_is(page.named)
        if found is None:
            raise NotFound
        return found
    return (_names_a_thing(request.args) and _where_is(request.args)) or here()


def _where_is(named: Mapping[str, str]) -> Workspace | None:
    return workspaces.where_is(db.session(), current_user, named, here().mode)


def _names_a_thing(named: Mapping[str, str]) -> bool:
    return not THINGS.keys().isdisjoint(named)
