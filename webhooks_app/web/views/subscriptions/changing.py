"""Switch, test, copy and delete."""

from flask import flash, redirect, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.parts import parts
from webhooks_app.subscriptions import service, stored, switching, test_delivery
from webhooks_app.vocabulary import ChannelName
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.toasts import Undo, toast
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, kind, load
from webhooks_app.web.views.subscriptions.bulk import undo_of
from webhooks_app.web.views.subscriptions.reading import listed
from webhooks_app.web.views.subscriptions.secrets import show_secret_once


@bp.post("/<subscription_id>/toggle")
@editor_required
def toggle(subscription_id: str) -> Answer:
    row = load(subscription_id)
    switching.set_enabled(db.session(), row, enabled=request.form.get("enabled") == "1")
    said = "is on." if row.enabled else "is off. What was waiting for it is cancelled."
    swaps = f"#{kind().listed.removeprefix('_')}-{row.id}" if wants_fragment() else ""
    back = Undo(url_for(".toggle", subscription_id=row.id), [("enabled", "0")], swaps)
    toast(f"{row.name} {said}", back if row.enabled else undo_of("off", [row.id], swaps))
    if wants_fragment():
        return listed(row)
    return redirect(url_for(".show", subscription_id=row.id))


@bp.post("/<subscription_id>/test")
@editor_required
def test(subscription_id: str) -> Answer:
    row = load(subscription_id)
    sent = test_delivery.send_test(db.session(), here().tenant, row)
    if wants_fragment():
        return render_template("deliveries/_outcome.html", logged=sent)
    return redirect(url_for("deliveries.show", delivery_id=sent.delivery.id))


@bp.post("/<subscription_id>/duplicate")
@editor_required
def duplicate(subscription_id: str) -> Answer:
    copy, secret = service.duplicate(db.session(), load(subscription_id), parts().vault)
    if copy.channel == ChannelName.EMAIL:
        flash("The copy stays off until you switch it on.")
        return redirect(url_for(".edit", subscription_id=copy.id))
    return show_secret_once(copy, secret, "copied")


@bp.route("/<subscription_id>/delete", methods=["GET", "POST"])
@editor_required
def delete(subscription_id: str) -> Answer:
    row = load(subscription_id)
    if request.method == "GET":
        return render_template("subscriptions/delete.html", row=row, spec=stored.shown(row).spec)
    service.delete_subscription(db.session(), row)
    toast(f"{row.name} was deleted.", undo_of("delete", [row.id]))
    return redirect(url_for(".index"))
