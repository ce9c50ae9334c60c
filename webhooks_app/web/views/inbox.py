"""/test-webhook: inboxes, their requests, and their answers."""

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.inbox import inboxes as service
from webhooks_app.inbox import requests as inbox_requests
from webhooks_app.inbox import secrets as inbox_secrets
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.pointers import Invalid
from webhooks_app.models import Inbox
from webhooks_app.parts import parts
from webhooks_app.web.forms.inboxes import LENT, NONE, OWN, AnswerForm, InboxForm, SecretForm
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required

bp = Blueprint("inbox", __name__, url_prefix="/test-webhook")

Page = Response | str | tuple[str, int]


@bp.get("/")
@member_required
def index() -> str:
    return _index(InboxForm())


@bp.post("/")
@editor_required
def create() -> Response | tuple[str, int]:
    form = InboxForm()
    name, secret = form.name.data or "", (form.secret.data or "").strip()
    try:
        inbox = service.open_inbox(
            db.session(), here().organisation.id, name, secret, parts().vault
        )
    except Invalid as error:
        form.show(error.faults)
        return _index(form), 422
    return redirect(url_for(".show", token=inbox.token))


@bp.get("/<token>")
@member_required
def show(token: str) -> Page:
    """htmx polls for what is new after the last request that it saw."""
    inbox = _own(token)
    if not wants_fragment():
        return _page(inbox)
    if inbox_requests.mark_of(db.session(), inbox) == request.args.get("after"):
        return Response(status=204)
    return render_template("inboxes/_requests.html", inbox=inbox, **_requests(inbox))


@bp.get("/<token>/requests/<request_id>")
@member_required
def show_request(token: str, request_id: str) -> str:
    inbox = _own(token)
    shown = inbox_requests.request_of(db.session(), inbox, request_id, parts().vault)
    return render_template("inboxes/request.html", inbox=inbox, one=shown)


@bp.post("/<token>/answer")
@editor_required
def set_answer(token: str) -> Page:
    inbox = _own(token)
    if "plain" in request.form:
        service.set_answer(db.session(), inbox, service.CannedAnswer())
        flash("The inbox responds with 200 again.")
        return redirect(url_for(".show", token=token))
    form = AnswerForm()
    if not form.validate():
        return _page(inbox, answer_form=form), 422
    service.set_answer(db.session(), inbox, form.answer())
    flash(f"The inbox now responds with {inbox.answer_status}.")
    return redirect(url_for(".show", token=token))


@bp.post("/<token>/secret")
@editor_required
def set_secret(token: str) -> Page:
    inbox = _own(token)
    form = SecretForm()
    try:
        _choose_secret(inbox, form)
    except Invalid as error:
        form.secret.errors = [fault.detail for fault in error.faults]
        return _page(inbox, secret_form=form), 422
    except NotFound:
        form.webhook.errors = ["Choose a webhook of this organisation."]
        return _page(inbox, secret_form=form), 422
    flash("Saved. All requests were checked again.")
    return redirect(url_for(".show", token=token))


def _choose_secret(inbox: Inbox, form: SecretForm) -> None:
    if form.source.data == LENT:
        inbox_secrets.check_like(db.session(), inbox, form.webhook.data or "")
    elif form.source.data == OWN:
        secret = (form.secret.data or "").strip()
        inbox_secrets.check_with(db.session(), inbox, secret, parts().vault)
    elif form.source.data == NONE:
        inbox_secrets.check_nothing(db.session(), inbox)
    else:
        abort(400)


@bp.route("/<token>/clear", methods=["GET", "POST"])
@editor_required
def clear(token: str) -> Page:
    inbox = _own(token)
    if request.method == "GET":
        return render_template("inboxes/clear.html", inbox=inbox)
    inbox_requests.clear(db.session(), inbox)
    flash("Inbox cleared.")
    return redirect(url_for(".show", token=token))


@bp.route("/<token>/delete", methods=["GET", "POST"])
@editor_required
def delete(token: str) -> Response | str:
    inbox = _own(token)
    if request.method == "GET":
        return render_template("inboxes/delete.html", inbox=inbox)
    service.close_inbox(db.session(), inbox)
    flash(f"{inbox.name} was deleted.")
    return redirect(url_for(".index"))


def _index(form: InboxForm) -> str:
    lines = service.list_inboxes(db.session(), here().organisation.id)
    return render_template("inboxes/index.html", lines=lines, form=form)


def _page(
    inbox: Inbox, answer_form: AnswerForm | None = None, secret_form: SecretForm | None = None
) -> str:
    if answer_form is None:
        answer_form = AnswerForm(formdata=None)
        answer_form.fill(service.answer_of(inbox))
    lenders = inbox_secrets.lenders(db.session(), inbox)
    if secret_form is None:
        secret_form = SecretForm(formdata=None)
        secret_form.webhook.data = inbox.subscription_id
        secret_form.source.data = LENT if inbox.subscription_id else NONE
        if inbox.sealed_secret:
            secret_form.source.data = OWN
    secret_form.webhook.choices = [(row.id, f"{row.name} ({row.mode})") for row in lenders]
    return render_template(
        "inboxes/show.html",
        inbox=inbox,
        **_requests(inbox),
        answer_form=answer_form,
        secret_form=secret_form,
        checked_with=inbox_secrets.checked_with(db.session(), inbox),
    )


def _requests(inbox: Inbox) -> dict[str, object]:
    requests = inbox_requests.requests_of(db.session(), inbox, parts().vault)
    return {"requests": requests, "mark": inbox_requests.mark_in(requests)}


def _own(token: str) -> Inbox:
    return service.find_own(db.session(), here().organisation.id, token)
