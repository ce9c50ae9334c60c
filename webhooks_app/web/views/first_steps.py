"""/first-steps: from nothing to a signed delivery, inside the product."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.inbox import first_run as service
from webhooks_app.inbox.first_run import FirstRun
from webhooks_app.lib.errors import Conflict
from webhooks_app.lib.pointers import Invalid
from webhooks_app.parts import parts
from webhooks_app.vocabulary import SubscriptionKind
from webhooks_app.web.htmx import leave_for, wants_fragment
from webhooks_app.web.tenancy import editor_required, here, member_required
from webhooks_app.web.toasts import toast

bp = Blueprint("first_steps", __name__, url_prefix="/first-steps")

HIDDEN = "first_steps_hidden"

Answer = Response | str


@bp.get("/")
@member_required
def show() -> str:
    name = "_steps" if wants_fragment() else "show"
    return render_template(f"first_steps/{name}.html", first=_progress())


@bp.post("/receiver")
@editor_required
def open_receiver() -> Answer:
    return _step(
        0,
        lambda first: service.open_receiver(db.session(), here().tenant, first.kind, parts().vault),
    )


@bp.post("/subscription")
@editor_required
def subscribe() -> Answer:
    return _step(1, _subscribe)


@bp.post("/sample")
@editor_required
def send_sample() -> Answer:
    return _step(2, lambda first: service.send_sample(db.session(), here().tenant, first))


@bp.post("/hide")
@member_required
def hide() -> Response:
    """For this log-in; the page stays under Help."""
    session[HIDDEN] = True
    toast("The first steps are under Help.")
    return leave_for(url_for("overview.show"))


def for_overview() -> FirstRun | None:
    """What the overview shows of them: nothing once a real event was delivered."""
    if session.get(HIDDEN) or service.has_delivered(db.session(), here().tenant):
        return None
    return _progress()


def _subscribe(first: FirstRun) -> None:
    token = first.inbox.token if first.inbox else ""
    url = url_for("receiver.receive", token=token, _external=True)
    service.subscribe(db.session(), here().tenant, first, url, parts().vault, parts().guard)


def _step(number: int, take: Callable[[FirstRun], object]) -> Answer:
    """Take it unless it is done, so that a second click changes nothing. A sample that did not
    arrive is sent again."""
    first = _progress()
    try:
        if not first.done[number] or (number == 2 and first.failed):
            take(first)
    except Invalid as error:
        raise Conflict(error.faults[0].detail) from error
    if wants_fragment():
        return render_template("first_steps/_steps.html", first=_progress())
    return redirect(url_for(".show", kind=first.kind.value))


def _progress() -> FirstRun:
    asked = request.values.get("kind", "")
    is_action = asked == SubscriptionKind.ACTION.value
    kind = SubscriptionKind.ACTION if is_action else SubscriptionKind.WEBHOOK
    return service.progress(db.session(), here().tenant, kind, parts().vault)
