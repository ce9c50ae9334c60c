"""/confirm-address/<token>: an address outside an organisation says whether it wants its mails."""

from flask import Blueprint, abort, render_template, request

from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.organisations import audit_log
from webhooks_app.people import recipients as service
from webhooks_app.web.security import keep_token

bp = Blueprint("confirm_address", __name__, url_prefix="/confirm-address")
bp.after_request(keep_token)


@bp.errorhandler(NotFound)
def gone(_: NotFound) -> tuple[str, int]:
    return render_template("confirm_address/gone.html"), 404


@bp.get("/<token>")
def ask(token: str) -> str:
    """Ask first. A GET changes nothing, since programs follow links before people do."""
    row, organisation = service.by_token(db.session(), token)
    return render_template("confirm_address/ask.html", row=row, organisation=organisation)


@bp.post("/<token>")
def answer(token: str) -> str:
    row, organisation = service.by_token(db.session(), token)
    said = request.form.get("answer")
    if said not in ("yes", "no"):
        abort(400)
    audit_log.act_as(audit_log.Actor.visitor(row.address))
    service.answer(db.session(), row, wants_mail=said == "yes")
    return render_template("confirm_address/done.html", row=row, organisation=organisation)
