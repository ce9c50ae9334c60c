"""Copy an action or webhook from Test to Live; what differs is shown first."""

from collections.abc import Sequence

from flask import abort, redirect, render_template, request, url_for

from webhooks_app.extensions import db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.lib.tenant import Tenant
from webhooks_app.models import Subscription
from webhooks_app.parts import parts
from webhooks_app.subscriptions import custom_headers, queries, reading, service, stored
from webhooks_app.subscriptions.spec import META
from webhooks_app.vocabulary import ChannelName, Mode
from webhooks_app.web.forms.copy_to_live import CopyToLiveForm
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.toasts import toast
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, load
from webhooks_app.web.views.subscriptions.secrets import show_secret_once


@bp.route("/<subscription_id>/copy-to-live", methods=["GET", "POST"])
@editor_required
def copy_to_live(subscription_id: str) -> Answer:
    """The copy is off; the page of the copy follows, in Live."""
    row = load(subscription_id)
    if row.mode != Mode.TEST:
        abort(404)
    form = CopyToLiveForm()
    if request.method == "GET":
        form.url.data = row.url
        return _ask(row, form)
    try:
        copy, secret = service.copy_to_live(
            db.session(), row, parts().vault, parts().guard, (form.url.data or "").strip()
        )
    except Invalid as error:
        form.show(error.faults)
        return _ask(row, form), 422
    if copy.channel == ChannelName.EMAIL:
        toast("Copied to Live. The copy stays off until you switch it on.")
        return redirect(url_for(".show", mode=copy.mode, subscription_id=copy.id))
    return show_secret_once(copy, secret, "copied")


def _ask(row: Subscription, form: CopyToLiveForm) -> str:
    spec = stored.shown(row).spec
    live = Tenant(here().organisation.id, Mode.LIVE)
    twin = queries.find_named(db.session(), live, row.kind, row.name)
    return render_template(
        "subscriptions/copy_to_live.html",
        row=row,
        spec=spec,
        form=form,
        twin=twin,
        differs=_titles(reading.changes(stored.shown(twin).spec, spec)) if twin else (),
        headers=len(custom_headers.opened(row, parts().vault)),
    )


def _titles(names: Sequence[str]) -> list[str]:
    return [str(META[name].title or name) if name in META else name.capitalize() for name in names]
