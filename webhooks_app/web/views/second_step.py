"""/login/second-factor: the step of a log-in after the password."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.people import second_factor
from webhooks_app.web import challenges, proofs, security, waiting

bp = Blueprint("second_step", __name__, url_prefix="/login/second-factor")
bp.after_request(security.keep_token)

Answer = Response | tuple[str, int]


@bp.get("/")
def show() -> Answer:
    return _page()


@bp.post("/")
def prove() -> Answer:
    user = waiting.whose()
    if user is None:
        return _page()
    try:
        proofs.check_second_factor(user)
    except proofs.NotProven as error:
        return _page(str(error), error.status)
    security.admit(user)
    return redirect(security.next_page())


def _page(fault: str = "", status: int = 200) -> Answer:
    """Start again without a recent password."""
    user = waiting.whose()
    if user is None:
        return redirect(url_for("accounts.log_in", next=security.next_page()))
    factors = second_factor.factors_of(db.session(), user)
    site = challenges.site()
    form = proofs.form_of(factors, fault)
    page = render_template("second_step.html", user=user, factors=factors, site=site, form=form)
    return page, status
