"""Who is logged in, and the headers that keep a page to itself."""

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
# A year. Other hosts of the domain are not ours to decide about.
HSTS = "max-age=31536000"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SESSION = "session_id"
# The blueprints that are open to someone who must set up a second factor.
ENROLMENT = ("second_factor", "confirm", "passkeys")


def init_app(app: Flask) -> None:
    login_manager.session_protection = "basic"
    login_manager.user_loader(load_user)
    login_manager.unauthorized_handler(_ask_to_log_in)
    app.before_request(_read_without_waiting)
    app.after_request(_protect)
    app.teardown_request(_note_seen)


def load_user(user_id: str) -> User | None:
    """Nobody, when the session of this browser was revoked; nobody either for someone who must set
    up a second factor first, but on the pages where they do that."""
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
    """Who is logged in; for views that are for persons only."""
    found: sessions.Visitor = g.visitor
    return found


def _ask_to_log_in() -> BaseResponse:
    """A fragment is no place for the log-in page: htmx is told by the status."""
    if wants_fragment():
        abort(401)
    if g.get("must_enrol"):
        return redirect(url_for("second_factor.show"))
    if waiting.whose() is not None:
        return redirect(url_for("second_step.show", next=_page_asked_for()))
    flash("Log in to see this page.")
    return redirect(url_for("accounts.log_in", next=_page_asked_for()))


def _page_asked_for() -> str:
    """To go on to after the log-in. A change is not made then: it is the page that it was on."""
    asked = urlsplit(request.url if request.method in SAFE_METHODS else request.referrer or "")
    if asked.netloc != request.host:
        return "/"
    return f"{asked.path}?{asked.query}" if asked.query else asked.path


def next_page() -> str:
    """Where the visitor was going, if that is a page of ours. Browsers leave tabs and line breaks
    out of an address, so what is behind them could be anything."""
    target = request.args.get("next", "")
    ours = target.startswith("/") and target[1:2] not in ("/", "\\") and target.isprintable()
    return target if ours else url_for("overview.show")


def admit(user: User) -> None:
    """Log this browser in. What its cookie held before is gone, so nobody can have planted it."""
    session.clear()
    login_user(user)
    session[SESSION] = sessions.start(db.session(), user, *browser()).id
    devices.remember(user.email)


def browser() -> tuple[str, str]:
    """The address and the user agent of this request."""
    return request.remote_addr or "", request.user_agent.string


def follow(row: UserSession) -> None:
    """The session at hand has a new id: from now on the cookie names that."""
    session[SESSION] = row.id


def _read_without_waiting() -> None:
    """A GET only reads, so on SQLite it waits for no writer."""
    only_reading.set(request.method in SAFE_METHODS)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if parts().settings.is_https:
        response.headers["Strict-Transport-Security"] = HSTS
    return response


def keep_token(response: Response) -> Response:
    """For pages with a token in their address: no Referer names it, of our own pages neither.

    The origin is still sent, since over https the CSRF check asks for it.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _note_seen(_: BaseException | None) -> None:
    """After the answer was made, with a connection that nothing else uses."""
    if (session_id := g.pop("unseen_session", None)) is not None:
        db.session.remove()
        sessions.note_seen(db.engine, session_id, request.remote_addr or "")
