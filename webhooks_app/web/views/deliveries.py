"""/deliveries: the log over everything, one delivery in the inspector, and sent again."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as Redirection

from webhooks_app.deliveries import detail, replays
from webhooks_app.deliveries import log as service
from webhooks_app.deliveries.send_again import retry_now, send_again
from webhooks_app.events import seen_subjects
from webhooks_app.events.type_registry import logged_names
from webhooks_app.extensions import db
from webhooks_app.people import saved_views
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.vocabulary import OPEN, DeliveryStatus
from webhooks_app.web import inspector
from webhooks_app.web.comparison import compared
from webhooks_app.web.curl_command import curl
from webhooks_app.web.delivery_columns import COLUMNS
from webhooks_app.web.delivery_query import CODES, WINDOWS
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.table_file import table_file
from webhooks_app.web.tenancy import (
    beginning,
    editor_required,
    here,
    member_required,
    window,
)
from webhooks_app.web.views.replays import query_of

MOST_NEW = 100

bp = Blueprint("deliveries", __name__, url_prefix="/deliveries")


@bp.get("/")
@member_required
def index() -> str | tuple[str, int]:
    return _list() if wants_fragment() else _page()


@bp.get("/<delivery_id>")
@member_required
def show(delivery_id: str) -> str | tuple[str, int]:
    """In the inspector beside the list, which has the filters of the address."""
    inspected = inspector.inspect(_find(delivery_id))
    if wants_fragment():
        return render_template("deliveries/_delivery.html", one=inspected, open_states=OPEN)
    return _page(inspected)


def _list() -> str:
    """The list as it refreshes itself.

    It keeps its first line and says how many came since, unless it follows what comes.
    """
    query = query_of(request.args)
    tenant, session = here().tenant, db.session()
    first, bounds = beginning()
    newer = first and service.count_newer(session, tenant, query.filters, first, MOST_NEW)
    return render_template(
        "deliveries/_list.html",
        page=service.list_deliveries(session, tenant, query.filters, bounds),
        query=query,
        first=first,
        newer=newer or 0,
        most_new=MOST_NEW,
    )


@bp.get("/export.<any(csv, ndjson):ending>")
@member_required
def export(ending: str) -> Response:
    """All deliveries that match the filters, streamed."""
    query = query_of(request.args)
    batches = service.walk(db.engine, here().tenant, query.filters)
    return table_file(COLUMNS, batches, "deliveries", ending)


def _page(inspected: inspector.Inspected | None = None) -> tuple[str, int]:
    """Filters are in the URL; an invalid one is reported and ignored."""
    query = query_of(request.args)
    tenant, session = here().tenant, db.session()
    page = render_template(
        "deliveries/index.html",
        one=inspected,
        open_states=OPEN,
        page=service.list_deliveries(session, tenant, query.filters, window()),
        query=query,
        subscriptions=subscription_queries.names_of(session, tenant),
        event_types=logged_names(session, tenant.organisation_id),
        subjects=seen_subjects.seen(session, tenant),
        statuses=DeliveryStatus,
        codes=CODES,
        windows=[(name, words) for name, (words, _) in WINDOWS.items()],
        replaying=replays.running(session, tenant),
        views=saved_views.views_of(session, tenant, current_user.id, "deliveries"),
    )
    return page, 422 if query.faults else 200


@bp.get("/<delivery_id>/attempts/<int:number>")
@member_required
def attempt(delivery_id: str, number: int) -> str | tuple[str, int]:
    """What an attempt sent and what came back; its page is the delivery's."""
    logged = _find(delivery_id)
    if not wants_fragment():
        return _page(inspector.inspect(logged))
    return render_template(
        "deliveries/_attempt.html", attempt=inspector.exchange(logged.delivery, number), full=True
    )


@bp.get("/<delivery_id>/attempts/<int:number>/comparison")
@member_required
def compare(delivery_id: str, number: int) -> str:
    """Its response beside that of the attempt before it."""
    delivery = _find(delivery_id).delivery
    before, after = (inspector.exchange(delivery, one) for one in (number - 1, number))
    return render_template(
        f"deliveries/{'_comparison' if wants_fragment() else 'comparison'}.html",
        delivery=delivery,
        number=number,
        lines=compared(_text(before), _text(after)),
    )


def _text(one: inspector.Exchange) -> str:
    headers = [f"{name}: {value}" for name, value in one.response_headers]
    body = inspector.pretty_response(one)
    return "\n".join([str(one.row.status_code or one.row.error), "", body, "", *headers])


@bp.get("/<delivery_id>/body")
@member_required
def body(delivery_id: str) -> Response:
    logged = _find(delivery_id)
    subscription = detail.subscription_of(db.session(), logged.delivery)
    return _as_text(inspector.body_of(logged, subscription))


@bp.get("/<delivery_id>/attempts/<int:number>/response")
@member_required
def response(delivery_id: str, number: int) -> Response:
    return _as_text(inspector.exchange(_find(delivery_id).delivery, number).row.response_body)


@bp.get("/<delivery_id>/attempts/<int:number>/curl")
@member_required
def as_curl(delivery_id: str, number: int) -> Response:
    """A command; the values of custom headers are hidden in it, as on every page."""
    logged = _find(delivery_id)
    subscription = detail.subscription_of(db.session(), logged.delivery)
    one = inspector.exchange(logged.delivery, number)
    if not one.row.url.startswith("http"):
        abort(404)
    sent = inspector.body_of(logged, subscription)
    return _as_text(curl(one.row.url, one.request_headers, sent))


def _as_text(content: str | bytes) -> Response:
    """Never as what it says it is: a receiver could answer with a page that runs here."""
    return Response(content, mimetype="text/plain")


@bp.get("/<delivery_id>/outcome")
@member_required
def outcome(delivery_id: str) -> str | tuple[str, int]:
    """The status line while it is being sent; without htmx, the delivery's page."""
    if not wants_fragment():
        return show(delivery_id)
    return render_template("deliveries/_outcome.html", logged=_find(delivery_id))


@bp.post("/<delivery_id>/replay")
@editor_required
def replay(delivery_id: str) -> Redirection | str:
    again = send_again(db.session(), _find(delivery_id))
    if again.delivery.id == delivery_id:
        return _retried(
            again, "This delivery had not ended, so it is retried now instead of replayed."
        )
    if wants_fragment():
        return render_template("deliveries/_outcome.html", logged=again)
    flash("Replayed as a new delivery with the same body.")
    return redirect(url_for(".show", delivery_id=again.delivery.id))


@bp.post("/<delivery_id>/retry-now")
@editor_required
def retry(delivery_id: str) -> Redirection | str:
    logged = _find(delivery_id)
    waited = retry_now(db.session(), logged)
    said = "Retrying now." if waited else "It is not waiting for a retry any more."
    return _retried(logged, said)


def _retried(logged: service.Logged, said: str) -> Redirection | str:
    if wants_fragment():
        return render_template("deliveries/_retried.html", said=said)
    flash(said)
    return redirect(url_for(".show", delivery_id=logged.delivery.id))


def _find(delivery_id: str) -> service.Logged:
    return service.find_delivery(db.session(), here().tenant, delivery_id)
