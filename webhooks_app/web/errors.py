"""Error pages: what happened and what to do, without internal details."""

from contextlib import suppress

import structlog
from flask import Flask, current_app, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.wrappers import Response

from webhooks_app.extensions import db, login_manager
from webhooks_app.lib import errors as service_errors
from webhooks_app.lib.errors import DATABASE_AWAY, UNSTORABLE, reason_of, why_away
from webhooks_app.web import tenancy
from webhooks_app.web.htmx import wants_fragment

log = structlog.get_logger(__name__)

ADVICE = {
    400: (
        "This form is incomplete or has expired, for example because you logged in again. "
        "Go back, reload the page and try again."
    ),
    403: "Your role does not allow this. Ask an owner or admin of your organisation.",
    404: "This page does not exist, or it belongs to another organisation.",
    405: "This address does not accept that kind of request.",
    413: "The request is too large.",
    415: "No form on this site accepts a file.",
    429: "Too many attempts in a short time. Wait a minute and try again.",
}
BUSY = (
    "Your organisation's earlier events are still being matched against costly conditions. Try "
    "again in a moment."
)
NO_SUCH_LINK = "This link is incomplete or out of date. Go back to the list and start there."


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(service_errors.NotFound, _not_found)
    app.register_error_handler(service_errors.Conflict, _conflict)
    app.register_error_handler(service_errors.PlanLimit, _plan_limit)
    app.register_error_handler(service_errors.Busy, _busy)
    app.register_error_handler(service_errors.DailyLimit, _daily_limit)
    app.register_error_handler(service_errors.TooOften, _too_often)
    app.register_error_handler(UNSTORABLE, _unstorable)
    for away in DATABASE_AWAY:
        app.register_error_handler(away, _database_away)
    app.register_error_handler(RedisConnectionError, _redis_away)
    app.register_error_handler(RedisTimeoutError, _redis_away)
    app.register_error_handler(NoSuchJobError, _no_such_job)
    app.register_error_handler(InvalidJobOperation, _job_moved_on)
    app.register_error_handler(Exception, _unexpected)


def _http_error(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    with suppress(*DATABASE_AWAY):
        db.session.rollback()
        tenancy.arrive_if_known()
    if code == 400 and request.method == "GET":
        return _page(code, error.name, NO_SUCH_LINK)
    return _page(code, error.name, ADVICE.get(code, "Something went wrong."))


def _csrf_error(error: CSRFError) -> tuple[str, int] | Response:
    """An ended session took the token with it: then the person must log in."""
    view = current_app.view_functions.get(request.endpoint or "")
    if current_user.is_authenticated or not getattr(view, "needs_log_in", False):
        return _http_error(error)
    return _http_error(Unauthorized()) if wants_fragment() else login_manager.unauthorized()


def _database_away(error: Exception) -> tuple[str, int]:
    log.warning("database away", reason=reason_of(error))
    return _page(503, "Temporarily unavailable", f"{why_away(error)} Try again in a moment.")


def _redis_away(error: Exception) -> tuple[str, int]:
    log.warning("redis away", reason=reason_of(error))
    return _page(503, "Temporarily unavailable", "Redis is not responding. Try again in a moment.")


def _no_such_job(_: Exception) -> tuple[str, int]:
    return _page(404, "Not Found", "This job does not exist: it has finished or was deleted.")


def _job_moved_on(_: Exception) -> tuple[str, int]:
    return _page(409, "Conflict", "Only a failed job can be queued again.")


def _not_found(_: Exception) -> tuple[str, int]:
    return _page(404, "Not Found", ADVICE[404])


def _conflict(error: Exception) -> tuple[str, int, dict[str, str]]:
    """A separate page, so that going back restores what was typed; htmx shows only the reason."""
    page, code = _page(409, "Conflict", str(error))
    return page, code, _reason(error)


def _reason(error: Exception) -> dict[str, str]:
    return {"X-Reason": str(error).encode("ascii", "replace").decode()}


def _busy(_: Exception) -> tuple[str, int]:
    return _page(429, "Busy", BUSY)


def _plan_limit(error: Exception) -> tuple[str, int]:
    return _page(403, "Not in your plan", str(error))


def _daily_limit(error: Exception) -> tuple[str, int, dict[str, str]]:
    page, code = _page(429, "Daily limit reached", str(error))
    return page, code, _reason(error)


def _too_often(error: service_errors.TooOften) -> tuple[str, int, dict[str, str]]:
    page, code = _page(429, "Too many requests", str(error))
    return page, code, {**_reason(error), "Retry-After": str(error.seconds)}


def _unstorable(_: Exception) -> tuple[str, int]:
    return _page(400, "Bad Request", "The request is not valid.")


def _unexpected(error: Exception) -> tuple[str, int]:
    log.exception("request failed", error=type(error).__name__)
    return _page(
        500,
        "Something went wrong",
        "The error is logged. Try again. If it happens again, tell the operator.",
    )


def _page(code: int, title: str, advice: str) -> tuple[str, int]:
    """Roll back, since the page's frame queries the database again."""
    with suppress(*DATABASE_AWAY):
        db.session.rollback()
    return render_template("errors/error.html", code=code, title=title, advice=advice), code
