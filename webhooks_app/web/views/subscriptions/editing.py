"""The form of a new or changed action or webhook, and the preview of its matches."""

from flask import flash, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers, service, stale, stored
from webhooks_app.subscriptions.spec import AnySpec
from webhooks_app.vocabulary import ChannelName
from webhooks_app.web.forms.choices import groups
from webhooks_app.web.forms.subscriptions import SubscriptionForm
from webhooks_app.web.htmx import leave_for, wants_fragment
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, kind, load
from webhooks_app.web.views.subscriptions.happening import happening
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
                form.channel_of,
            )
        except Invalid as error:
            form.show(error.faults)
        else:
            if row.channel == ChannelName.EMAIL:
                flash("Saved. Press Test to send a sample to its addresses.")
                return _leave(row)
            return show_secret_once(row, secret, "made")
    return _form(form, row=None)


@bp.route("/<subscription_id>/edit", methods=["GET", "POST"])
@editor_required
def edit(subscription_id: str) -> Answer:
    row = load(subscription_id)
    spec, broken = stored.as_far_as_readable(row, custom_headers.masked(row, parts().vault))
    form = kind().form(spec)
    if request.method == "GET":
        form.fill(spec, stale.version(row))
        form.show(broken)
        form.broken = stored.sentence(broken) if broken else ""
    elif form.save.data and form.validate() and (answer := _save(form, row, spec)):
        return answer
    return _form(form, row)


def _save(form: SubscriptionForm, row: Subscription, spec: AnySpec) -> Answer | None:
    """None if it could not be saved; then the form says why."""
    url = row.url
    try:
        secret = service.update_subscription(
            db.session(),
            row,
            form.members(spec),
            parts().vault,
            parts().guard,
            form.channel_of,
            seen=form.version.data,
        )
    except Invalid as error:
        form.show(error.faults)
    except stale.Stale as error:
        form.overtaken(error.changes, stale.version(row))
    except Conflict:
        form.overtaken([], stale.version(load(row.id)))
    else:
        if secret is not None:
            return show_secret_once(row, secret, "rotated")
        flash(SAVED_URL if url not in ("", row.url) else "Saved.")
        return _leave(row)
    return None


@bp.post("/preview")
@editor_required
def preview_matches() -> str:
    """Which recent events would match the form; changes nothing."""
    return render_template("subscriptions/_will_happen.html", **happening(kind().form()))


def _form(form: SubscriptionForm, row: Subscription | None) -> Answer:
    form.add_rows()
    if form.apply.data:
        form.apply_preset()
    failed = request.method == "POST" and form.is_refused
    in_drawer = wants_fragment()
    page = render_template(
        f"subscriptions/_{kind().noun}_form.html" if in_drawer else "subscriptions/form.html",
        form=form,
        row=row,
        groups=groups(),
        failed=failed,
        **happening(form),
        in_drawer=in_drawer,
    )
    return page, 422 if failed else 200


def _leave(row: Subscription) -> Answer:
    """Go to the page of what was saved, or from the drawer to the list behind it."""
    page = url_for(".show", subscription_id=row.id)
    return leave_for(url_for(".index") if wants_fragment() else page)
