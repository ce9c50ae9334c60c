"""/actions and /webhooks: the two lists, one subscription with its log, and every change of it.

One blueprint, registered once for each kind; `kind()` tells under which a request came.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.channels.webhook.formats import FORMATS
from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.paging import Page, Window
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.ssrf import Guard
from webhooks_app.models import Subscription
from webhooks_app.pipeline.retry import parse_policy
from webhooks_app.services import (
    custom_headers,
    deliveries,
    preview,
    samples,
    statistics,
    subscription_queries,
    verification,
)
from webhooks_app.services import subscriptions as service
from webhooks_app.services.delivery_filters import Filters
from webhooks_app.vocabulary import Channel, SubscriptionKind
from webhooks_app.web import shown_once
from webhooks_app.web.charts import Sparklines, sparklines
from webhooks_app.web.delivery_query import DeliveryQuery
from webhooks_app.web.forms.choices import groups
from webhooks_app.web.forms.subscriptions import (
    OVERLAPS,
    ActionForm,
    SubscriptionForm,
    WebhookForm,
)
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.security import CSP
from webhooks_app.web.tenancy import editor, here, member, window

bp = Blueprint("subscriptions", __name__)

SAVED_URL = "Saved. New deliveries go to the new URL. Use Recover to resend what never arrived."

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]

# A digest is shown as the mail that it is.
FRAMING = f"{CSP}; frame-src 'self'"


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between actions and webhooks: the form, and how one looks in the list."""

    kind: SubscriptionKind
    form: type[SubscriptionForm]
    listed: str

    @property
    def noun(self) -> str:
        return self.kind.value


KINDS = {
    "actions": Kind(SubscriptionKind.ACTION, ActionForm, "_card"),
    "webhooks": Kind(SubscriptionKind.WEBHOOK, WebhookForm, "_row"),
}


def kind() -> Kind:
    return KINDS[request.blueprint or ""]


bp.context_processor(lambda: {"noun": kind().noun})


@bp.get("/")
@member
def index() -> str:
    page = subscription_queries.list_subscriptions(
        db.session(), here().tenant, kind().kind, window()
    )
    name = f"subscriptions/{request.blueprint}.html"
    return render_template(name, page=page, sparks=_sparks(*page.rows))


@bp.get("/<subscription_id>")
@member
def show(subscription_id: str) -> str:
    row = _load(subscription_id)
    return render_template(
        "subscriptions/show.html",
        row=row,
        headers=custom_headers.masked(row, _vault()),
        wire_format=FORMATS[row.wire_format],
        policy=parse_policy(row.retry_policy),
        snippets=(
            verification.snippets(row.wire_format) if row.channel == Channel.WEBHOOK else None
        ),
        mails_leave=bool(current_app.config["SETTINGS"].smtp_host),
        page=_last_deliveries(row),
    )


@bp.get("/<subscription_id>/logs")
@member
def logs(subscription_id: str) -> str:
    """The drawer, and its page."""
    row = _load(subscription_id)
    name = "_logs" if wants_fragment() else "logs"
    return render_template(f"subscriptions/{name}.html", row=row, page=_last_deliveries(row))


@bp.route("/new", methods=["GET", "POST"])
@editor
def new() -> Answer:
    form = kind().form()
    if request.method == "GET":
        form.suggest(request.args)
    elif form.save.data and form.validate():
        try:
            row, secret = service.create_subscription(
                db.session(), here().tenant, kind().kind, form.members(), _vault(), _guard()
            )
        except Invalid as error:
            form.show(error)
        else:
            if row.channel == Channel.EMAIL:
                flash("Saved. Press Test to send a sample to its addresses.")
                return redirect(url_for(".show", subscription_id=row.id))
            samples.send_test(db.session(), here().tenant, row, samples.PING)
            return _secret(row, secret, "made")
    return _form(form, row=None)


@bp.route("/<subscription_id>/edit", methods=["GET", "POST"])
@editor
def edit(subscription_id: str) -> Answer:
    row = _load(subscription_id)
    form = kind().form()
    if request.method == "GET":
        form.fill(row, custom_headers.masked(row, _vault()))
    elif form.save.data and form.validate():
        url, channel = row.url, row.channel
        try:
            service.update_subscription(db.session(), row, form.members(), _vault(), _guard())
        except Invalid as error:
            form.show(error)
        else:
            if row.url != url and row.enabled:
                samples.send_test(db.session(), here().tenant, row, samples.PING)
            if channel == Channel.EMAIL != row.channel:
                # Nobody was shown the secret that it was made with.
                secret = service.rotate_secret(db.session(), row, _vault(), overlap=timedelta(0))
                return _secret(row, secret, "rotated")
            flash(SAVED_URL if url not in ("", row.url) else "Saved.")
            return redirect(url_for(".show", subscription_id=row.id))
    return _form(form, row)


@bp.post("/preview")
@editor
def preview_matches() -> str:
    """Which of the last real events would match what is in the form; changes nothing."""
    return render_template("subscriptions/_preview.html", preview=_preview(kind().form()))


@bp.get("/logs")
@member
def delivery_logs() -> str:
    """The last deliveries over all of this kind."""
    filters = Filters(kind=kind().kind)
    page = deliveries.list_deliveries(db.session(), here().tenant, filters, window())
    name = "_delivery_logs" if wants_fragment() else "delivery_logs"
    return render_template(f"subscriptions/{name}.html", page=page)


@bp.post("/<subscription_id>/toggle")
@editor
def toggle(subscription_id: str) -> Answer:
    row = _load(subscription_id)
    service.set_enabled(db.session(), row, enabled=request.form.get("enabled") == "1")
    if wants_fragment():
        name = f"subscriptions/{kind().listed}.html"
        return render_template(name, row=row, sparks=_sparks(row), missed=_missed(row))
    flash(
        "Switched on. Use Recover to resend what never arrived."
        if row.enabled
        else "Switched off. Waiting deliveries are cancelled."
    )
    return redirect(url_for(".show", subscription_id=row.id))


@bp.post("/<subscription_id>/test")
@editor
def test(subscription_id: str) -> Answer:
    row = _load(subscription_id)
    sent = samples.send_test(db.session(), here().tenant, row)
    if wants_fragment():
        return render_template("deliveries/_outcome.html", logged=sent)
    return redirect(url_for("deliveries.show", delivery_id=sent.delivery.id))


@bp.post("/<subscription_id>/duplicate")
@editor
def duplicate(subscription_id: str) -> Answer:
    copy, secret = service.duplicate(db.session(), _load(subscription_id), _vault())
    if copy.channel == Channel.EMAIL:
        flash("The copy stays off until you switch it on.")
        return redirect(url_for(".edit", subscription_id=copy.id))
    return _secret(copy, secret, "copied")


@bp.route("/<subscription_id>/rotate", methods=["GET", "POST"])
@editor
def rotate(subscription_id: str) -> Answer:
    row = _load(subscription_id)
    hours = request.form.get("overlap", type=int)
    if hours not in OVERLAPS:
        page = render_template(
            "subscriptions/rotate.html",
            row=row,
            overlaps=OVERLAPS,
            wire_format=FORMATS[row.wire_format],
        )
        return page, 200 if request.method == "GET" else 422
    overlap = timedelta(hours=hours)
    secret = service.rotate_secret(db.session(), row, _vault(), overlap=overlap)
    return _secret(row, secret, "rotated")


@bp.get("/<subscription_id>/secret")
@editor
def secret(subscription_id: str) -> str:
    """Right after it was made; later, that it was shown."""
    row = _load(subscription_id)
    return render_template(
        "subscriptions/secret.html",
        row=row,
        shown=shown_once.take(row.id),
        snippets=verification.snippets(row.wire_format),
    )


@bp.route("/<subscription_id>/delete", methods=["GET", "POST"])
@editor
def delete(subscription_id: str) -> Answer:
    row = _load(subscription_id)
    if request.method == "GET":
        return render_template("subscriptions/delete.html", row=row)
    service.delete_subscription(db.session(), row)
    flash(f"{row.name} was deleted.")
    return redirect(url_for(".index"))


def _form(form: SubscriptionForm, row: Subscription | None) -> Answer:
    form.add_rows()
    if form.apply.data:
        form.apply_preset()
    failed = bool(form.errors or form.faults())
    page = render_template(
        f"subscriptions/{kind().noun}_form.html",
        form=form,
        row=row,
        groups=groups(),
        failed=failed,
        preview=_preview(form),
    )
    return page, 422 if failed else 200, {"Content-Security-Policy": FRAMING}


def _secret(row: Subscription, secret: str, why: str) -> Response:
    """`why` it has a new secret: made, copied or rotated."""
    shown_once.keep(row.id, secret, why)
    return redirect(url_for(".secret", subscription_id=row.id))


def _preview(form: SubscriptionForm) -> preview.Preview:
    return preview.of(db.session(), here().tenant, form.members())


def _last_deliveries(row: Subscription) -> Page[deliveries.Logged]:
    filters = Filters(subscription_id=row.id)
    return deliveries.list_deliveries(db.session(), here().tenant, filters, Window())


def _missed(row: Subscription) -> dict[str, str] | None:
    """What can be sent again to one that was switched on, as a query for the replay's page."""
    if not row.enabled:
        return None
    query = DeliveryQuery({"subscription_id": row.id, "window": "7d", "missing": "1"})
    estimate = deliveries.estimate(db.session(), here().tenant, query.filters, most=1)
    return query.kept if estimate.found else None


def _sparks(*rows: Subscription) -> Sparklines:
    hours = statistics.last_day(db.session(), [row.id for row in rows])
    return sparklines(hours)


def _load(subscription_id: str) -> Subscription:
    return subscription_queries.find_subscription(
        db.session(), here().tenant, subscription_id, kind().kind
    )


def _vault() -> Vault:
    return cast(Vault, current_app.extensions["vault"])


def _guard() -> Guard:
    return cast(Guard, current_app.config["SETTINGS"].guard)
