"""/account/confirm: prove again who you are, then continue."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from webhooks_app.web import proofs, security
from webhooks_app.web.fresh import question_page
from webhooks_app.web.tenancy import login_required

bp = Blueprint("confirm", __name__, url_prefix="/account/confirm")


@bp.get("/")
@login_required
def show() -> tuple[str, int]:
    return question_page()


@bp.post("/")
@login_required
def prove() -> Response | tuple[str, int]:
    try:
        proofs.confirm()
    except proofs.NotProven as error:
        return question_page(fault=str(error), status=error.status)
    return redirect(security.next_page())
