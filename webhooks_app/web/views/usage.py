"""/ops/usage: what each organisation used in a month, for operators."""

from datetime import date

from flask import Blueprint, Response, abort, render_template, request

from webhooks_app.extensions import db
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import usage
from webhooks_app.operations.metering import counted_until
from webhooks_app.web.tenancy import operator_required

bp = Blueprint("usage", __name__)
MOST = 500


@bp.get("/ops/usage")
@operator_required
def show() -> str:
    month = _month()
    rows = usage.used_in(db.session(), month)
    return render_template(
        "operations/usage.html",
        month=usage.text_of(month),
        before=usage.text_of(usage.previous_month(month)),
        after=usage.text_of(usage.next_month(month)),
        is_over=month < utcnow().date().replace(day=1),
        rows=rows[:MOST],
        left_out=len(rows[MOST:]),
        counted_until=counted_until(db.engine),
    )


@bp.get("/ops/usage.csv")
@operator_required
def export_csv() -> Response:
    rows = usage.used_in(db.session(), _month())
    return _file("".join(usage.as_csv(rows)), "text/csv", "csv")


@bp.get("/ops/usage.json")
@operator_required
def export_json() -> Response:
    rows = usage.used_in(db.session(), _month())
    return _file(usage.as_json(rows), "application/json", "json")


def _month() -> date:
    """The one that was asked for, else the current one."""
    try:
        return usage.month_of(request.args.get("month") or f"{utcnow():%Y-%m}")
    except usage.NoMonth:
        abort(404)


def _file(text: str, kind: str, ending: str) -> Response:
    response = Response(text, content_type=f"{kind}; charset=utf-8")
    name = f"usage-{usage.text_of(_month())}.{ending}"
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
