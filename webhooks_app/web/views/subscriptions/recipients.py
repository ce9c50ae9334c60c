"""Ask unconfirmed addresses outside the organisation again."""

from flask import abort, flash, redirect, request, url_for

from webhooks_app.extensions import db
from webhooks_app.people import recipients as service
from webhooks_app.web.tenancy import editor_required
from webhooks_app.web.views.subscriptions.blueprint import Answer, bp, load


@bp.post("/<subscription_id>/recipients/ask")
@editor_required
def ask_again(subscription_id: str) -> Answer:
    row, address = load(subscription_id), request.form.get("address", "")
    if address not in row.email_to:
        abort(404)
    service.ask_again(db.session(), row.organisation_id, address, row.name)
    flash(f"{address} got a new link. It works for 7 days.")
    return redirect(url_for(".show", subscription_id=row.id))
