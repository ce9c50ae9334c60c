"""/events: the stream; one event with its payload, deliveries and matches; sending one by hand."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as Answer
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.deliveries import fan_out
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries.filters import Filters
from webhooks_app.events import manual_event, seen_subjects
from webhooks_app.events import stream as service
from webhooks_app.events.type_registry import logged_names
from webhooks_app.extensions import db
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.pointers import Invalid
from webhooks_app.people import saved_views
from webhooks_app.web.delivery_query import WINDOWS
from webhooks_app.web.event_columns import COLUMNS
from webhooks_app.web.event_query import EventQuery
from webhooks_app.web.forms.events import EventForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.json_view import shown
from webhooks_app.web.table_file import table_file
from webhooks_app.web.tenancy import editor_required, here, member_required, window

bp = Blueprint("events", __name__, url_prefix="/events")


@bp.get("/")
@member_required
def index() -> str | tuple[str, int]:
    """Filters are in the URL; an invalid one is reported and ignored."""
    query = _query()
    session, tenant = db.session(), here().tenant
    page = service.list_lines(session, tenant, query.filters, window())
    states = fan_out.states_of(session, [line.event for line in page.rows])
    if wants_fragment():
        return render_template("events/_stream.html", page=page, states=states, query=query)
    shown = render_template(
        "events/index.html",
        page=page,
        states=states,
        query=query,
        event_types=logged_names(session, tenant.organisation_id),
        subjects=seen_subjects.seen(session, tenant),
        views=saved_views.views_of(session, tenant, current_user.id, "events"),
        windows=[(name, words) for name, (words, _) in WINDOWS.items()],
    )
    return shown, 422 if query.faults else 200


@bp.get("/export.<any(csv, ndjson):ending>")
@member_required
def export(ending: str) -> Answer:
    """All events that match the filters, with their data, streamed."""
    batches = service.walk(db.engine, here().tenant, _query().filters)
    return table_file(COLUMNS, batches, "events", ending)


def _query() -> EventQuery:
    return EventQuery(request.args, here().organisation.time_zone)


@bp.route("/new", methods=["GET", "POST"])
@editor_required
def new() -> Response | tuple[str, int]:
    form = EventForm()
    if request.method == "GET":
        form.suggest(request.args.get("type", form.type.choices[0].value))
    elif form.show_sample.data:
        form.suggest(form.type.data)
    elif form.validate():
        try:
            sent = manual_event.send(
                db.session(), here().tenant, form.type.data, form.data.data or "", form.subject()
            )
        except Invalid as error:
            form.show(error.faults)
        else:
            flash(f"Event accepted. Deliveries: {sent.deliveries}.")
            return redirect(url_for(".show", event_id=sent.id))
    page = render_template("events/new.html", form=form)
    return page, 422 if form.errors else 200


@bp.get("/<event_id>")
@member_required
def show(event_id: str) -> str:
    event = service.find_event(db.session(), here().tenant, event_id)
    filters = Filters(event_id=event.id)
    return render_template(
        "events/show.html",
        event=event,
        payload=shown(event.data.encode()),
        logs=deliveries.list_deliveries(db.session(), here().tenant, filters, PageBounds(100)),
        verdicts=service.match_explanations(db.session(), here().tenant, event),
    )
