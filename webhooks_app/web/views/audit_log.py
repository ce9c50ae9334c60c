"""/audit-log: who did what, for owners and admins, as a page and as a file."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.models import AuditEntry
from webhooks_app.organisations import audit_search, audit_targets, plans
from webhooks_app.organisations.audit_log import ACTIONS
from webhooks_app.parts import parts
from webhooks_app.web.audit_columns import COLUMNS
from webhooks_app.web.audit_query import KINDS, WINDOWS, AuditQuery
from webhooks_app.web.table_file import table_file
from webhooks_app.web.tenancy import editor_required, here, window
from webhooks_app.web.words import browser

bp = Blueprint("audit_log", __name__, url_prefix="/audit-log")

# The page of a target, and its parameters.
PAGES = {
    "action": ("actions.show", "subscription_id"),
    "webhook": ("webhooks.show", "subscription_id"),
    "delivery": ("deliveries.show", "delivery_id"),
    "event": ("events.show", "event_id"),
    "replay": ("replays.show", "batch_id"),
    "api_key": ("api_keys.show", "key_id"),
    "event_type": ("event_types.show", "name"),
    "inbox": ("inbox.show", "token"),
    "listener": ("webhooks.show", "subscription_id"),
}
PLACES = {
    "chat_settings": "chat_settings.show",
    "invitation": "members.index",
    "member": "members.index",
    "organisation": "organisations.show",
    "recipient": "actions.index",
    "user": "members.index",
}


@bp.get("/")
@editor_required
def index() -> tuple[str, int]:
    """Filters are in the URL; an invalid one is reported and ignored."""
    query = _query()
    session, organisation = db.session(), here().organisation
    page = audit_search.list_entries(session, organisation.id, query.filters, window())
    shown = render_template(
        "audit_log.html",
        page=page,
        query=query,
        links=_links(page.rows),
        actions=ACTIONS,
        kinds=[(name, words) for name, (words, _) in KINDS.items()],
        windows=[(name, words) for name, (words, _) in WINDOWS.items()],
        browser=browser,
        kept_days=plans.audit_days(organisation.plan, _longest_days()),
    )
    return shown, 422 if query.faults else 200


@bp.get("/export.<any(csv, ndjson):ending>")
@editor_required
def export(ending: str) -> Response:
    """All matching entries, streamed."""
    batches = audit_search.walk(db.engine, here().organisation.id, _query().filters)
    return table_file(COLUMNS, batches, "audit-log", ending)


def _longest_days() -> int:
    days: int = parts().settings.audit_retention_days
    return days


def _query() -> AuditQuery:
    return AuditQuery(request.args, here().organisation.time_zone)


def _links(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """By an entry's id, the page of its target if it still exists."""
    entries = list(entries)
    found = audit_targets.still_there(db.session(), here().organisation.id, entries)
    links = {}
    for entry in entries:
        key = found.get((entry.target_type, entry.target_id))
        if entry.target_type in PAGES and key is not None:
            endpoint, name = PAGES[entry.target_type]
            values: dict[str, Any] = {name: key, "mode": entry.mode or here().mode.value}
            links[entry.id] = url_for(endpoint, **values)
        elif entry.target_type in PLACES:
            links[entry.id] = url_for(PLACES[entry.target_type])
    return links
