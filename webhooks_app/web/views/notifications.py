"""/notifications: the bell."""

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webhooks_app.deliveries.advice import of_cause
from webhooks_app.extensions import db
from webhooks_app.notices import notifications as service
from webhooks_app.parts import parts
from webhooks_app.web.tenancy import here, member_required

bp = Blueprint("notifications", __name__, url_prefix="/notifications")


@bp.get("/")
@member_required
def index() -> str:
    found = service.newest(db.session(), here().tenant, current_user.id)
    mails_leave = bool(parts().settings.smtp_host)
    return render_template(
        "notifications.html", notifications=found, mails_leave=mails_leave, advice=of_cause
    )


@bp.post("/<notification_id>/read")
@member_required
def read_one(notification_id: str) -> Response:
    service.read_one(db.session(), here().tenant, current_user.id, notification_id)
    return redirect(url_for(".index"))


@bp.post("/read")
@member_required
def read() -> Response:
    service.read_all(db.session(), here().tenant, current_user.id)
    return redirect(url_for(".index"))
