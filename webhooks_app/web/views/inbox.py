"""/test-webhook/<token>: the built-in receiver and the page that shows what came."""

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from webhooks_app.extensions import csrf, db
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Inbox
from webhooks_app.services import inbox as service
from webhooks_app.web.tenancy import editor, here, member

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


@bp.get("/")
@member
def index() -> str:
    return _index()


@bp.post("/")
@editor
def create() -> Response | tuple[str, int]:
    form = request.form
    name, secret = form.get("name", ""), form.get("secret", "").strip()
    try:
        inbox = service.open_inbox(
            db.session(), here().organisation.id, name, secret, current_app.extensions["vault"]
        )
    except Invalid as error:
        return _index(error), 422
    return redirect(url_for(".show", token=inbox.token))


@bp.route("/<token>/delete", methods=["GET", "POST"])
@editor
def delete(token: str) -> Response | str:
    inbox = _own(token)
    if request.method == "GET":
        return render_template("inboxes/delete.html", inbox=inbox)
    service.close_inbox(db.session(), inbox)
    flash(f"{inbox.name} is deleted.")
    return redirect(url_for(".index"))


@bp.get("/<token>")
@member
def show(token: str) -> str:
    inbox = _own(token)
    requests = service.requests_of(db.session(), inbox, current_app.extensions["vault"])
    return render_template("inboxes/show.html", inbox=inbox, requests=requests)


def _index(error: Invalid | None = None) -> str:
    inboxes = service.inboxes_of(db.session(), here().organisation.id)
    faults = {fault.at.removeprefix("#/"): fault.detail for fault in error.faults} if error else {}
    return render_template("inboxes/index.html", inboxes=inboxes, faults=faults)


def _own(token: str) -> Inbox:
    inbox = _load(token)
    if inbox.organisation_id != here().organisation.id:
        abort(404)
    return inbox


def _load(token: str) -> Inbox:
    """By its token, which is the secret of its URL."""
    return service.find(db.session(), token) or abort(404)
