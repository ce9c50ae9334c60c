"""/unsubscribe/<token>: for recipients of an action's mails who are not members.

The token is signed, so the POST needs neither a log-in nor a CSRF token: mail programs send it by
themselves (RFC 8058).
"""

from flask import Blueprint, abort, render_template

from webhooks_app.channels.email.unsubscribe import Unsubscribing
from webhooks_app.extensions import csrf, db
from webhooks_app.lib.errors import NotFound
from webhooks_app.organisations import audit_log
from webhooks_app.parts import parts
from webhooks_app.subscriptions import queries as subscription_queries
from webhooks_app.subscriptions import switching
from webhooks_app.web.security import keep_token

bp = Blueprint("unsubscribe", __name__, url_prefix="/unsubscribe")
bp.after_request(keep_token)


@bp.errorhandler(NotFound)
def gone(_: NotFound) -> str:
    """A deleted action sends no mails, so there is nothing to do."""
    return render_template("unsubscribe/done.html")


@bp.get("/<token>")
def ask(token: str) -> str:
    """Ask first. A GET changes nothing, since programs follow links before people do."""
    subscription_id, address = _read(token)
    row = subscription_queries.find_by_id(db.session(), subscription_id)
    if address not in row.email_to:
        return render_template("unsubscribe/done.html")
    return render_template("unsubscribe/ask.html", row=row, address=address)


@bp.post("/<token>")
@csrf.exempt
def drop(token: str) -> str:
    subscription_id, address = _read(token)
    row = subscription_queries.find_by_id(db.session(), subscription_id)
    audit_log.act_as(audit_log.Actor.visitor(address))
    switching.drop_address(db.session(), row, address)
    return render_template("unsubscribe/done.html")


def _read(token: str) -> tuple[str, str]:
    try:
        return Unsubscribing(parts().settings.secret_key).read(token)
    except ValueError:
        abort(404)
