"""/mail-preview: the mail of an action's form, in a frame beside the form."""

from contextlib import suppress

from flask import Blueprint, Response, render_template, request

from webhooks_app.digests import service as digests
from webhooks_app.events import stream
from webhooks_app.extensions import db
from webhooks_app.lib.errors import NotFound
from webhooks_app.lib.times import utcnow
from webhooks_app.mail.service import desk_of
from webhooks_app.models import Event
from webhooks_app.parts import parts
from webhooks_app.subscriptions import would_send
from webhooks_app.subscriptions.reading import as_far_as_possible
from webhooks_app.subscriptions.spec import BLANKS
from webhooks_app.vocabulary import ChannelName
from webhooks_app.web.forms.digests import DigestForm
from webhooks_app.web.tenancy import editor_required, here
from webhooks_app.web.views.digests import framed, schedule_of, told_of

bp = Blueprint("mail_preview", __name__, url_prefix="/mail-preview")


@bp.get("/")
@editor_required
def show() -> Response:
    """The digest, if the query has its schedule; otherwise the mail for one event."""
    if "frequency" in request.args:
        return _digest()
    asked = request.args
    members = {
        "name": asked.get("name", ""),
        "email_subject": asked.get("subject") or None,
        "event_types": [asked.get("type", "")],
    }
    spec = as_far_as_possible(BLANKS[ChannelName.EMAIL], members)
    settings = parts().settings
    sent = would_send.for_event(
        db.session(), here().tenant, spec, _event(), desk_of(settings), settings.user_agent
    )
    if sent is None or sent.mail is None:
        return framed(render_template("digests/note.html", text="Choose an event."))
    return framed(sent.mail.html)


def _event() -> Event | None:
    with suppress(NotFound):
        return stream.find_event(db.session(), here().tenant, request.args.get("event", ""))
    return None


def _digest() -> Response:
    form = DigestForm(formdata=request.args, meta={"csrf": False})
    if problem := form.why_not():
        return framed(render_template("digests/note.html", text=problem))
    summary = digests.preview(db.session(), told_of(form), schedule_of(form), utcnow())
    html = render_template("email/digest/body.html", digest=summary, **digests.UNADDRESSED)
    return framed(html)
