"""/webhooks: the list, one webhook with its log, and every change of it."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.paging import Window
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.ssrf import Guard
from webhooks_app.models import Subscription
from webhooks_app.services import deliveries, samples
from webhooks_app.services import subscriptions as service
from webhooks_app.web.forms.webhooks import GROUPS, WebhookForm
from webhooks_app.web.tenancy import editor, here, member, window

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

Answer = Response | str | tuple[str, int]


@bp.get("/")
@member
def index() -> str:
    page = service.list_webhooks(db.session(), here().tenant, window())
    return render_template("webhooks/index.html", page=page)


@bp.get("/<webhook_id>")
@member
def show(webhook_id: str) -> str:
    row = _load(webhook_id)
    filters = deliveries.Filters(subscription_id=row.id)
    logs = deliveries.list_deliveries(db.session(), here().tenant, filters, Window())
    headers = service.masked_headers(row, _vault())
    return render_template("webhooks/show.html", row=row, logs=logs, headers=headers)


@bp.route("/new", methods=["GET", "POST"])
@editor
def new() -> Answer:
    form = WebhookForm()
    if form.is_submitted() and form.save.data and form.validate():
        try:
            row, secret = service.create_webhook(
                db.session(), here().tenant, form.members(), _vault(), _guard()
            )
        except Invalid as error:
            form.show(error)
        else:
            samples.send_test(db.session(), here().tenant, row, samples.PING)
            return render_template("webhooks/secret.html", row=row, secret=secret, made=True)
    return _form(form, row=None)


@bp.route("/<webhook_id>/edit", methods=["GET", "POST"])
@editor
def edit(webhook_id: str) -> Answer:
    row = _load(webhook_id)
    form = WebhookForm()
    if request.method == "GET":
        form.fill(row, service.masked_headers(row, _vault()))
    elif form.save.data and form.validate():
        moved = form.url.data.strip() != row.url
        try:
            service.update_webhook(db.session(), row, form.members(), _vault(), _guard())
        except Invalid as error:
            form.show(error)
        else:
            if moved and row.enabled:
                samples.send_test(db.session(), here().tenant, row, samples.PING)
            flash("Saved.")
            return redirect(url_for(".show", webhook_id=row.id))
    return _form(form, row)


def _form(form: WebhookForm, row: Subscription | None) -> tuple[str, int]:
    form.add_rows()
    failed = bool(form.errors) or any(field.errors for field in form)
    page = render_template("webhooks/form.html", form=form, row=row, groups=GROUPS, failed=failed)
    return page, 422 if failed else 200


@bp.post("/<webhook_id>/toggle")
@editor
def toggle(webhook_id: str) -> Response:
    row = _load(webhook_id)
    service.set_enabled(db.session(), row, enabled=request.form.get("enabled") == "1")
    flash("It is on." if row.enabled else "It is off: what was waiting is cancelled.")
    return redirect(url_for(".show", webhook_id=row.id))


@bp.post("/<webhook_id>/test")
@editor
def test(webhook_id: str) -> Response:
    sent = samples.send_test(db.session(), here().tenant, _load(webhook_id))
    return redirect(url_for("deliveries.show", delivery_id=sent.delivery.id))


@bp.post("/<webhook_id>/rotate")
@editor
def rotate(webhook_id: str) -> str:
    row = _load(webhook_id)
    secret = service.rotate_secret(db.session(), row, _vault())
    return render_template("webhooks/secret.html", row=row, secret=secret, made=False)


@bp.route("/<webhook_id>/delete", methods=["GET", "POST"])
@editor
def delete(webhook_id: str) -> Answer:
    row = _load(webhook_id)
    if request.method == "GET":
        return render_template("webhooks/delete.html", row=row)
    service.delete_webhook(db.session(), row)
    flash(f"{row.name} is deleted.")
    return redirect(url_for(".index"))


def _load(webhook_id: str) -> Subscription:
    return service.find_webhook(db.session(), here().tenant, webhook_id)


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault


def _guard() -> Guard:
    guard: Guard = current_app.config["SETTINGS"].guard
    return guard
