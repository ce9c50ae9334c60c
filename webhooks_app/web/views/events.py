"""/events: the stream, and one event with its payload, its deliveries and why."""

import msgspec
from flask import Blueprint, render_template

from webhooks_app.extensions import db
from webhooks_app.lib.paging import Window
from webhooks_app.services import deliveries
from webhooks_app.services import events as service
from webhooks_app.web.tenancy import here, member, window

bp = Blueprint("events", __name__, url_prefix="/events")


@bp.get("/")
@member
def index() -> str:
    page = service.list_events(db.session(), here().tenant, window())
    return render_template("events/index.html", page=page)


@bp.get("/<event_id>")
@member
def show(event_id: str) -> str:
    event = service.find_event(db.session(), here().tenant, event_id)
    filters = deliveries.Filters(event_id=event.id)
    return render_template(
        "events/show.html",
        event=event,
        payload=_pretty(event.data),
        logs=deliveries.list_deliveries(db.session(), here().tenant, filters, Window(100)),
        verdicts=service.verdicts(db.session(), here().tenant, event),
    )


def _pretty(data: str) -> str:
    """Indented, with every number as it came."""
    return msgspec.json.format(data, indent=2)
