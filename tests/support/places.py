"""Pages in tests, by their short addresses.

`/webhooks/` is short for `/o/<organisation id>/<mode>/webhooks/` where the client's visitor was
last, and the addresses in the answer are shortened like the one of the request. An address with a
place is asked for as it is, and so is its answer: `tests/web/test_places.py` is about those.
"""

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from itsdangerous import BadSignature
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.test import TestResponse

from webhooks_app.extensions import db
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import User
from webhooks_app.people import workspaces
from webhooks_app.people.workspaces import MODE, ORGANISATION
from webhooks_app.web.places import ANY

Ask = Callable[[object], TestResponse]

WITH_ADDRESSES = ("Location", "HX-Redirect", "HX-Trigger")


def at(client: FlaskClient) -> str:
    """Where the client's visitor was last: `/o/<organisation id>/<mode>`, empty for strangers."""
    app = client.application
    interface = app.session_interface
    assert isinstance(interface, SecureCookieSessionInterface)
    serializer = interface.get_signing_serializer(app)
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    if cookie is None or serializer is None:
        return ""
    try:
        kept = serializer.loads(cookie.value)
    except BadSignature:
        return ""
    if ORGANISATION in kept:
        return Tenant(kept[ORGANISATION], kept.get(MODE, "live")).page("")
    with app.app_context():
        user = db.session.get(User, kept.get("_user_id", ""))
        place = workspaces.last(db.session(), user, kept) if user else None
        return place.tenant.page("") if place else ""


def asked(client: FlaskClient, path: object, method: str, ask: Ask) -> TestResponse:
    """What `ask` answers for that path."""
    is_short = isinstance(path, str) and _is_short(client.application, path, method)
    place = at(client) if is_short else ""
    return _shortened(ask(f"{place}{path}"), place) if place else ask(path)


def _is_short(app: Flask, path: str, method: str) -> bool:
    adapter, path = app.url_map.bind("localhost"), unquote(urlsplit(path).path)
    if path == "/":
        return True
    try:
        adapter.match(path, method)
    except (NotFound, MethodNotAllowed):
        try:
            adapter.match(f"{ANY}{path}", method)
        except HTTPException as error:
            return not isinstance(error, NotFound)
        return True
    except HTTPException:
        pass
    return False


def _shortened(response: TestResponse, place: str) -> TestResponse:
    for name in WITH_ADDRESSES:
        if name in response.headers:
            response.headers[name] = response.headers[name].replace(f"{place}/", "/")
    if response.mimetype == "text/html":
        response.set_data(response.get_data().replace(f"{place}/".encode(), b"/"))
    return response
