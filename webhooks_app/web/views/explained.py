"""Any address of the site with `.md` or `/llms.txt` after it: the document that explains what is
there, as the Pivotal document has it."""

import re
from collections.abc import Mapping

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from webhooks_app.web import places
from webhooks_app.web.documents import DOCUMENTS
from webhooks_app.web.places import ANY
from webhooks_app.web.views.docs import text_of

ENDING = re.compile(r"(/.*?)/?(?:\.md|/llms\.txt)")
# By the first name of the address; all other pages are those of the dashboard.
EXPLAINED_IN: Mapping[str, str] = {
    "account": "accounts",
    "api": "api",
    "api-keys": "accounts",
    "audit-log": "accounts",
    "deliveries": "deliveries",
    "digests": "digests",
    "docs": "start",
    "event-types": "api",
    "healthz": "operating",
    "login": "accounts",
    "members": "accounts",
    "metrics": "operating",
    "ops": "operating",
    "outbox": "email",
    "readyz": "operating",
    "replays": "deliveries",
    "settings": "accounts",
    "simulator": "chat",
    "tools": "verify",
}
# Pages of what people may have given a name that ends with `.md`.
NAMED_BY_PEOPLE = "event_types."


def init_app(app: Flask) -> None:
    app.before_request(_explain)


def _explain() -> Response | None:
    path = request.path
    if not path.endswith((".md", "/llms.txt")) or request.method not in ("GET", "HEAD"):
        return None
    endpoint = _endpoint()
    is_a_name = path.endswith(".md") and endpoint.startswith(NAMED_BY_PEOPLE)
    if is_a_name or endpoint.startswith(("docs.", "reference.", "api.")):
        return None
    found = ENDING.fullmatch(path)
    if found is None or not _is_an_address(found[1]):
        return None
    first = places.without_place(f"{found[1]}/").split("/")[1]
    return text_of(DOCUMENTS[EXPLAINED_IN.get(first, "dashboard")])


def _endpoint() -> str:
    """That of the page, also at its address without a place."""
    page = None if request.endpoint else places.page_at(request.path, request.method)
    return page.endpoint if page else request.endpoint or ""


def _is_an_address(path: str) -> bool:
    """Whether something is there, for whatever method, with or without a slash at the end."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    for written in (path, f"{path}/", f"{ANY}{path}", f"{ANY}{path}/"):
        try:
            adapter.match(written)
        except NotFound:
            continue
        except (RequestRedirect, MethodNotAllowed):
            pass
        return True
    return False
