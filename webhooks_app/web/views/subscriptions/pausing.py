"""Pause and resume."""

from flask import flash, redirect, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.subscriptions import pausing, stored
from webhooks_app.web.forms.resume import ResumeForm
from webhooks_app.web.tenancy import editor_required
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, load
from webhooks_app.web.views.subscriptions.reading import healths_of


@bp.post("/<subscription_id>/pause")
@editor_required
def pause(subscription_id: str) -> Answer:
    row = load(subscription_id)
    pausing.pause(db.session(), row)
    flash("Paused. Its deliveries are kept and wait until you resume it.")
    return redirect(url_for(".show", subscription_id=row.id))


@bp.route("/<subscription_id>/resume", methods=["GET", "POST"])
@editor_required
def resume(subscription_id: str) -> Answer:
    """How many wait, and how fast they are sent."""
    row = load(subscription_id)
    form = ResumeForm()
    if form.validate_on_submit():
        pausing.resume(db.session(), row, form.rate.data)
        flash("Resumed.")
        return redirect(url_for(".show", subscription_id=row.id))
    health = healths_of(stored.shown(row))[row.id]
    page = render_template("subscriptions/resume.html", row=row, form=form, health=health)
    return page, 200 if request.method == "GET" else 422
