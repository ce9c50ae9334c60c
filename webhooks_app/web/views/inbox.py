"""/test-webhook/<token>: the built-in receiver and the page that shows what came."""

from flask import Blueprint, abort, current_app, jsonify, render_template, request
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from webhooks_app.extensions import csrf, db
from webhooks_app.models import Inbox
from webhooks_app.services import inbox as service
from webhooks_app.services import sessions

bp = Blueprint("inbox", __name__, url_prefix="/test-webhook")


@bp.post("/<token>")
@csrf.exempt
def receive(token: str) -> Response:
    """The body is read first: whoever sends it slowly holds no transaction open."""
    request.max_content_length = service.BODY_LIMIT
    body = request.get_data()
    inbox = _load(token)
    service.receive(db.session(), inbox, request.method, list(request.headers.items()), body)
    return jsonify(received=True)


@bp.get("/<token>")
@login_required
def show(token: str) -> str:
    inbox = _load(token)
    if not sessions.is_member(db.session(), current_user, inbox.organisation_id):
        abort(404)
    requests = service.requests_of(db.session(), inbox, current_app.extensions["vault"])
    return render_template("inbox.html", inbox=inbox, requests=requests)


def _load(token: str) -> Inbox:
    """By its token, which is the secret of its URL."""
    return service.find(db.session(), token) or abort(404)
