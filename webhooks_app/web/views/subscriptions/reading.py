"""The two lists, one subscription with its log, and the log of all of a kind."""

from collections.abc import Mapping

from flask import render_template, request

from webhooks_app.channels.retry_policy import policy_or_default
from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.deliveries import log as deliveries
from webhooks_app.deliveries import statistics
from webhooks_app.deliveries.filters import Filters
from webhooks_app.deliveries.health import Health, health_of, last_errors, waiting_of
from webhooks_app.deliveries.statistics import DAY, HOUR
from webhooks_app.extensions import db
from webhooks_app.inbox import snippets
from webhooks_app.lib.paging import Page, PageBounds
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.people import recipients
from webhooks_app.subscriptions import custom_headers, stored
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.subscriptions.ordering import Order
from webhooks_app.subscriptions.spec import EmailSpec, WebhookSpec
from webhooks_app.web.charts import Sparklines, sparklines, stacked
from webhooks_app.web.delivery_query import DeliveryQuery
from webhooks_app.web.forms.bindings import key_and_value
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.sorting import Column, Sorting
from webhooks_app.web.tenancy import here, member_required, window
from webhooks_app.web.views.subscriptions.blueprint import bp, kind, load
from webhooks_app.web.views.subscriptions.recovery import recoverable
from webhooks_app.web.words import others_in_words

COLUMNS = {
    "name": Column("Name"),
    "health": Column("State, failing first"),
    "last": Column("Last attempt", descending=True),
    "success": Column("Success rate"),
}


@bp.get("/")
@member_required
def index() -> str:
    asked = request.args.get("metadata", "").strip()
    sorting = Sorting(COLUMNS, "Newest", {"metadata": asked})
    found = subscription_queries.list_subscriptions(
        db.session(),
        here().tenant,
        kind().kind,
        window(),
        key_and_value(asked),
        Order(sorting.by, sorting.descending) if sorting.by else None,
    )
    page = Page([stored.shown(row) for row in found.rows], found.next_cursor)
    name = f"subscriptions/{request.blueprint}.html"
    return render_template(
        name,
        page=page,
        sparks=sparks_of(*found.rows),
        healths=healths_of(*page.rows),
        recipients=recipients_of(*page.rows),
        asked=asked,
        sorting=sorting,
    )


@bp.get("/<subscription_id>")
@member_required
def show(subscription_id: str) -> str:
    row = load(subscription_id)
    shown = stored.shown(row, custom_headers.masked(row, parts().vault))
    spec = shown.spec
    traffic = statistics.traffic(db.session(), here().tenant, DAY, HOUR, row.id)
    return render_template(
        "subscriptions/show.html",
        traffic=traffic,
        chart=stacked(traffic.bars),
        health=healths_of(shown)[row.id],
        row=row,
        spec=spec,
        broken=shown.broken,
        others=others_in_words(spec),
        wire_format=FORMATS[spec.wire_format] if isinstance(spec, WebhookSpec) else None,
        policy=policy_or_default(spec.retry_policy),
        snippets=snippets.snippets(spec.wire_format) if isinstance(spec, WebhookSpec) else None,
        mails_leave=bool(parts().settings.smtp_host),
        **_last_deliveries(row),
        recipients=recipients_of(shown),
        missed=recoverable(row),
    )


@bp.get("/<subscription_id>/logs")
@member_required
def logs(subscription_id: str) -> str:
    """The drawer, and its page."""
    row = load(subscription_id)
    name = "_logs" if wants_fragment() else "logs"
    return render_template(f"subscriptions/{name}.html", row=row, **_last_deliveries(row))


@bp.get("/logs")
@member_required
def delivery_logs() -> str:
    """The latest deliveries of all subscriptions of this kind."""
    filters = Filters(kind=kind().kind)
    page = deliveries.list_deliveries(db.session(), here().tenant, filters, window())
    name = "_delivery_logs" if wants_fragment() else "delivery_logs"
    return render_template(f"subscriptions/{name}.html", page=page)


def _last_deliveries(row: Subscription) -> Mapping[str, object]:
    """The newest, in the state that is asked for, and the query for all of them."""
    query = DeliveryQuery({"subscription_id": row.id, "status": request.args.get("status", "")})
    page = deliveries.list_deliveries(db.session(), here().tenant, query.filters, PageBounds())
    return {"page": page, "query": query}


def listed(row: Subscription) -> str:
    """Its row or card, as it is in the list; after it was switched on, with what it missed."""
    shown = stored.shown(row)
    found = recoverable(row) if row.enabled else None
    return render_template(
        f"subscriptions/{kind().listed}.html",
        shown=shown,
        sparks=sparks_of(row),
        healths=healths_of(shown),
        missed=found if found and (found.deliveries.found or found.events.found) else None,
        recipients=recipients_of(shown),
    )


def recipients_of(*actions: stored.ShownSubscription) -> Mapping[str, recipients.Recipient]:
    """Whether these actions' mails go to each address."""
    specs = [one.spec for one in actions if isinstance(one.spec, EmailSpec)]
    addresses = {address for spec in specs for address in spec.email_to}
    return recipients.recipients_of(db.session(), here().organisation.id, addresses)


def healths_of(*shown: stored.ShownSubscription) -> Mapping[str, Health]:
    """The health of each, by id."""
    rows = [one.row for one in shown]
    errors, waiting = last_errors(db.session(), rows), waiting_of(db.session(), rows)
    return {one.row.id: health_of(one.row, one.broken, errors, waiting) for one in shown}


def sparks_of(*rows: Subscription) -> Sparklines:
    hours = statistics.last_day(db.session(), [row.id for row in rows])
    return sparklines(hours)
