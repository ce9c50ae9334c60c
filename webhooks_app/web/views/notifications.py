"""/notifications: the bell."""

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.deliveries.advice import of_cause
from webhooks_app.extensions import db
from webhooks_app.notices import notifications as service
from webhooks_app.parts import parts
from webhooks_app.web.htmx import wants_fragment
from webhooks_app.web.tenancy import here, member_required

bp = Blueprint("notifications", __name__, url_prefix="/notifications")


@bp.get("/")
@member_required
def index() -> str:
    """The page, and what the bell opens in the drawer."""
    return _notices("_notices.html") if wants_fragment() else _notices("notifications.html")


@bp.post("/<notification_id>/read")
@member_required
def read_one(notification_id: str) -> Response | str:
    service.read_one(db.session(), here().tenant, current_user.id, notification_id)
    return _was_read()


@bp.post("/read")
@member_required
def read() -> Response | str:
    service.read_all(db.session(), here().tenant, current_user.id)
    return _was_read()


def _was_read() -> Response | str:
    if wants_fragment():
        return _notices("_notices.html", was_read=True)
    return redirect(url_for(".index"))


def _notices(template: str, *, was_read: bool = False) -> str:
    return render_template(
        template,
        notifications=service.newest(db.session(), here().tenant, current_user.id),
        mails_leave=bool(parts().settings.smtp_host),
        advice=of_cause,
        in_drawer=wants_fragment(),
        was_read=was_read,
    )
