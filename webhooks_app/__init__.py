"""Hookline: events in, signed and retried webhooks out."""

from threading import BoundedSemaphore

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webhooks_app import commands, queue
from webhooks_app.config import Settings, read_settings
from webhooks_app.database import engine_options, prepare
from webhooks_app.extensions import csrf, db, login_manager, migrate
from webhooks_app.ingest.group_commit import GroupCommit
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.logs import configure_logging
from webhooks_app.lib.rate import Rates


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask app, ready to serve. Reads the environment when `settings` is not given.

    Raises `BadSetting` for a setting that cannot be used.
    """
    settings = settings or read_settings()
    configure_logging(settings.log_level)
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.sqlalchemy_url, settings.web_threads),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME=settings.cookie_name("session"),
        SESSION_COOKIE_SECURE=settings.is_https,
        MAX_CONTENT_LENGTH=64 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.extensions["vault"] = Vault(settings.vault_keys)
    app.extensions["rates"] = Rates()
    # Answers that inboxes hold back: never more of them than leave most threads to everyone else.
    app.extensions["delays"] = BoundedSemaphore(max(1, settings.web_threads // 4))
    _bind_extensions(app)
    _open_doors(app)
    return app


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    migrate.init_app(app, db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    login_manager.init_app(app)
    csrf.init_app(app)
    queue.init_app(app)
    with app.app_context():
        app.extensions["gathering"] = GroupCommit(db.engine, app.extensions["doorbell"].ring)


def _open_doors(app: Flask) -> None:
    from webhooks_app import api, web

    api.init_app(app)
    web.init_app(app)
    commands.init_app(app)
