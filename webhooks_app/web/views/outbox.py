"""/outbox: sent mails, for operators; without a mail server, the only place for mails."""

from flask import Blueprint, Response, make_response, render_template

from webhooks_app.extensions import db
from webhooks_app.mail import service
from webhooks_app.web.security import CSP
from webhooks_app.web.tenancy import operator_required

bp = Blueprint("outbox", __name__, url_prefix="/outbox")

# A mail's HTML may have styles and nothing else; only our own page may frame it.
MAIL_CSP = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
)


@bp.get("/")
@operator_required
def index() -> str:
    return render_template("outbox/index.html", mails=service.newest(db.session()))


@bp.get("/<mail_id>")
@operator_required
def show(mail_id: str) -> Response:
    page = render_template("outbox/show.html", mail=service.find(db.session(), mail_id))
    response = make_response(page)
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response


@bp.get("/<mail_id>/html")
@operator_required
def html(mail_id: str) -> Response:
    response = make_response(service.find(db.session(), mail_id).html)
    response.headers["Content-Security-Policy"] = MAIL_CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
