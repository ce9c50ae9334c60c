"""The form of an action or webhook, new or changed, and what it would match."""

from datetime import timedelta

from flask import flash, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers, preview, service, test_delivery
from webhooks_app.vocabulary import Channel
from webhooks_app.web.forms.choices import groups
from webhooks_app.web.forms.subscriptions import SubscriptionForm
from webhooks_app.web.htmx import leave_for, wants_fragment
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, kind, load
from webhooks_app.web.views.subscriptions.secrets import show_secret_once

SAVED_URL = "Saved. New deliveries go to the new URL. Use Recover to resend what never arrived."


@bp.route("/new", methods=["GET", "POST"])
@editor_required
def new() -> Answer:
    form = kind().form()
    if request.method == "GET":
        form.suggest(request.args)
    elif form.save.data and form.validate():
        try:
            row, secret = service.create_subscription(
                db.session(),
                here().tenant,
                kind().kind,
                form.members(),
                parts().vault,
                parts().guard,
            )
        except Invalid as error:
            form.show(error)
        else:
            if row.channel == Channel.EMAIL:
                flash("Saved. Press Test to send a sample to its addresses.")
                return _leave(row)
            test_delivery.send_test(db.session(), here().tenant, row, test_delivery.PING)
            return show_secret_once(row, secret, "made")
    return _form(form, row=None)


@bp.route("/<subscription_id>/edit", methods=["GET", "POST"])
@editor_required
def edit(subscription_id: str) -> Answer:
    row = load(subscription_id)
    form = kind().form()
    if request.method == "GET":
        form.fill(row, custom_headers.masked(row, parts().vault))
    elif form.save.data and form.validate():
        url, channel = row.url, row.channel
        try:
            service.update_subscription(
                db.session(), row, form.members(), parts().vault, parts().guard
            )
        except Invalid as error:
            form.show(error)
        else:
            if row.url != url and row.enabled:
                test_delivery.send_test(db.session(), here().tenant, row, test_delivery.PING)
            if channel == Channel.EMAIL != row.channel:
                # Nobody was shown the secret that it was made with.
                secret = service.rotate_secret(
                    db.session(), row, parts().vault, overlap=timedelta(0)
                )
                return show_secret_once(row, secret, "rotated")
            flash(SAVED_URL if url not in ("", row.url) else "Saved.")
            return _leave(row)
    return _form(form, row)


@bp.post("/preview")
@editor_required
def preview_matches() -> str:
    """Which of the last real events would match what is in the form; changes nothing."""
    return render_template("subscriptions/_preview.html", preview=_preview(kind().form()))


def _form(form: SubscriptionForm, row: Subscription | None) -> Answer:
    form.add_rows()
    if form.apply.data:
        form.apply_preset()
    failed = bool(form.errors or form.faults())
    in_drawer = wants_fragment()
    page = render_template(
        f"subscriptions/_{kind().noun}_form.html" if in_drawer else "subscriptions/form.html",
        form=form,
        row=row,
        groups=groups(),
        failed=failed,
        preview=_preview(form),
        in_drawer=in_drawer,
    )
    return page, 422 if failed else 200


def _leave(row: Subscription) -> Answer:
    """To the page of what was saved, or from the drawer to the list behind it."""
    page = url_for(".show", subscription_id=row.id)
    return leave_for(url_for(".index") if wants_fragment() else page)


def _preview(form: SubscriptionForm) -> preview.Preview:
    return preview.of(db.session(), here().tenant, form.members())
