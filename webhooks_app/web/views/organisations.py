"""Which of their organisations a person looks at."""

from flask import Blueprint, abort, g, redirect, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.services import sessions
from webhooks_app.services.sessions import ORGANISATION
from webhooks_app.web.tenancy import member

bp = Blueprint("organisations", __name__, url_prefix="/organisations")


@bp.post("/<organisation_id>/switch")
@member
def switch(organisation_id: str) -> Response:
    """What was open in the one is left for the first page of the other."""
    membership = sessions.membership_of(db.session(), current_user, organisation_id)
    if membership is None or membership.organisation_id != organisation_id:
        abort(404)
    session[ORGANISATION] = organisation_id
    g.pop("here")
    return redirect(url_for("overview.show"))
