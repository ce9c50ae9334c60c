"""Log-in checks, and the security headers of pages."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, flash, g, redirect, request, session, url_for
from flask_login import login_user
from werkzeug.wrappers import Response as BaseResponse

from webhooks_app.database import only_reading
from webhooks_app.extensions import db, login_manager
from webhooks_app.models import User, UserSession
from webhooks_app.parts import parts
from webhooks_app.people import sessions
from webhooks_app.web import devices, waiting
from webhooks_app.web.htmx import wants_fragment

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
PROTECTION = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
# A year. Other hosts of the domain are not included: they are not ours.
HSTS = "max-age=31536000"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SESSION = "session_id"
USER = "_user_id"  # of flask-login
# The blueprints that someone who must set up a second factor can use.
ENROLMENT = ("second_factor", "confirm", "passkeys")


def init_app(app: Flask) -> None:
    login_manager.session_protection = "basic"
    login_manager.user_loader(load_user)
    login_manager.unauthorized_handler(_ask_to_log_in)
    app.before_request(_read_without_waiting)
    app.after_request(_note_write)
    app.after_request(_protect)
    app.teardown_request(_note_seen)


def load_user(user_id: str) -> User | None:
    """The user, or None if this browser's session was revoked.

    Also None for someone who must set up a second factor first, except on the pages for that.
    """
    visitor = sessions.find(db.session(), user_id, session.get(SESSION, ""))
    if visitor is None:
        return None
    if visitor.unseen:
        g.unseen_session = visitor.session.id
    g.visitor = visitor
    if visitor.must_enrol and not _leads_to_enrolment():
        g.must_enrol = True
        return None
    return visitor.user


def _leads_to_enrolment() -> bool:
    return request.endpoint in ("static", "accounts.log_out") or request.blueprint in ENROLMENT


def visitor() -> sessions.Visitor:
    """Who is logged in, in views that require a log-in."""
    found: sessions.Visitor = g.visitor
    return found


def _ask_to_log_in() -> BaseResponse:
    """Send to the log-in page. htmx gets a status instead: the page does not fit in a fragment."""
    if wants_fragment():
        abort(401)
    if g.get("must_enrol"):
        return redirect(url_for("second_factor.show"))
    if waiting.whose() is not None:
        return redirect(url_for("second_step.show", next=_page_asked_for()))
    flash("Log in to see this page.")
    return redirect(url_for("accounts.log_in", next=_page_asked_for()))


def _page_asked_for() -> str:
    """Where to go after the log-in; for a change, the page it was sent from."""
    asked = urlsplit(request.url if request.method in SAFE_METHODS else request.referrer or "")
    if asked.netloc != request.host:
        return "/"
    return f"{asked.path}?{asked.query}" if asked.query else asked.path


def next_page() -> str:
    """Where the visitor was going, if that is one of our pages.

    Browsers remove tabs and line breaks from addresses, so addresses with them are not trusted.
    """
    target = request.args.get("next", "")
    ours = target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()
    return target if ours else url_for("home.show")


def admit(user: User) -> None:
    """Log this browser in.

    Its cookie is emptied first, since someone could have planted its content.
    """
    session.clear()
    login_user(user)
    session[SESSION] = sessions.start(db.session(), user, *browser()).id
    devices.remember(user.email)


def browser() -> tuple[str, str]:
    """The address and user agent of this request."""
    return request.remote_addr or "", request.user_agent.string


def follow(row: UserSession) -> None:
    """Put the session's new id into the cookie."""
    session[SESSION] = row.id


def _read_without_waiting() -> None:
    """Mark a GET as read-only, so that on SQLite it waits for no writer."""
    only_reading.set(request.method in SAFE_METHODS)


def _note_write(response: Response) -> Response:
    """Whoever changes something sees it at once: their next pages do not read from the replica."""
    if request.method not in SAFE_METHODS and parts().replica is not None:
        who = g.principal.key_id if "principal" in g else session.get(USER)
        if who is not None:
            parts().writes.note(who)
    return response


def _protect(response: Response) -> Response:
    for name, value in PROTECTION.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if parts().settings.is_https:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def keep_token(response: Response) -> Response:
    """For pages with a token in their address: keep it out of every Referer.

    The origin is still sent, since the CSRF check needs it over https.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _note_seen(_: BaseException | None) -> None:
    """Record the use after the answer was made, on a separate connection."""
    if (session_id := g.pop("unseen_session", None)) is not None:
        db.session.remove()
        sessions.note_seen(db.engine, session_id, request.remote_addr or "")
