"""Who is logged in, and the headers that keep a page to itself."""

from flask import Flask, Response, request

from webhooks_app.database import only_reading
from webhooks_app.extensions import db, login_manager
from webhooks_app.models import User

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
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    login_manager.login_view = "accounts.log_in"
    login_manager.login_message = "Log in to see this page."
    login_manager.session_protection = "basic"
    login_manager.user_loader(load_user)
    app.before_request(_read_without_waiting)
    app.after_request(_protect)


def load_user(user_id: str) -> User | None:
    return db.session.get(User, user_id)


def _read_without_waiting() -> None:
    """A GET only reads, so on SQLite it waits for no writer."""
    only_reading.set(request.method in SAFE_METHODS)


def _protect(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
