"""A preview of the digest in an action's form, shown in a frame or mailed to the current user."""

from flask import Blueprint, Response, make_response, render_template
from flask_login import current_user

from webhooks_app.digests import service as digests
from webhooks_app.digests.schedule import Schedule, parse_schedule
from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.web.forms.digests import DigestForm
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.outbox import MAIL_CSP

bp = Blueprint("digests", __name__, url_prefix="/actions/digest")

UNNAMED = "this action"


@bp.post("/preview")
@editor_required
def preview() -> Response:
    form = DigestForm()
    if problem := form.why_not():
        return _note(problem, 422)
    summary = digests.preview(db.session(), told_of(form), schedule_of(form), utcnow())
    html = render_template("email/digest/body.html", digest=summary, **digests.UNADDRESSED)
    return framed(html)


@bp.post("/send")
@editor_required
def send() -> Response:
    form = DigestForm()
    if problem := form.why_not():
        return _note(problem, 422)
    address, schedule = current_user.email, schedule_of(form)
    mail = digests.send_one(db.session(), told_of(form), schedule, address, utcnow())
    if mail.status == "outbox":
        return _note(
            "No mail server is set up. The e-mail is in the outbox, which operators can read."
        )
    return _note(f"Sent to {address}. Your scheduled digests are not affected.")


def told_of(form: DigestForm) -> digests.Told:
    place = here()
    name = (form.name.data or "").strip() or UNNAMED
    return digests.Told(place.tenant, place.organisation.name, name, form.scope())


def schedule_of(form: DigestForm) -> Schedule:
    return parse_schedule(form.schedule() or {}, here().organisation.time_zone)


def _note(text: str, status: int = 200) -> Response:
    return framed(render_template("digests/note.html", text=text), status)


def framed(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.headers["Content-Security-Policy"] = MAIL_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
