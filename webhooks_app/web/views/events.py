"""/events: the stream; one event with its payload, deliveries and matches; sending one by hand."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries.filters import Filters
from webhooks_app.events import manual_event
from webhooks_app.events import stream as service
from webhooks_app.events.type_registry import logged_names
from webhooks_app.extensions import db
from webhooks_app.lib.paging import PageBounds
from webhooks_app.lib.pointers import Invalid
from webhooks_app.web.forms.events import EventForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.json_view import shown
from webhooks_app.web.tenancy import editor_required, here, member_required, window

bp = Blueprint("events", __name__, url_prefix="/events")


@bp.get("/")
@member_required
def index() -> str:
    names = logged_names(db.session(), here().organisation.id)
    wanted = request.args.get("type")
    name = wanted if wanted in names else None
    page = service.list_events(db.session(), here().tenant, window(), name)
    fragment = "_stream" if wants_fragment() else "index"
    return render_template(
        f"events/{fragment}.html", page=page, event_types=names, chosen=name or ""
    )


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
