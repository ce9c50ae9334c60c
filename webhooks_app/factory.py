"""Puts the Flask app together."""

import structlog
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from webhooks_app.config import Settings, misspelt, read_settings
from webhooks_app.database import engine_options, prepare, replica_engine
from webhooks_app.database.replica import Replica
from webhooks_app.doorbell import Doorbell
from webhooks_app.extensions import csrf, db, login_manager
from webhooks_app.ingest.group_commit import GroupCommit
from webhooks_app.lib.crypto import Vault
from webhooks_app.lib.folders import folder
from webhooks_app.lib.logs import configure_logging, name_request
from webhooks_app.lib.rate import Rates
from webhooks_app.lib.recent_writes import RecentWrites
from webhooks_app.lib.room import Room
from webhooks_app.parts import SLOT, Parts
from webhooks_app.queue import fast_redis
from webhooks_app.server.hosts import TrustedHosts
from webhooks_app.server.request import BoundedRequest

log = structlog.get_logger(__name__)


def create_app(
    settings: Settings | None = None,
    *,
    role: str = "",
    doors: bool = True,
    commands: bool = True,
) -> Flask:
    """The Flask app, ready to serve. Without `settings` it reads the environment.

    `role` is what this process does: PostgreSQL shows it, and limits its statements by it. Without
    `doors` it has no pages and no API: workers save their memory. Without `commands` it cannot
    migrate.

    Raises `BadSetting` for a setting that cannot be used.
    """
    settings = settings or read_settings()
    configure_logging(settings.log_level)
    for variable, meant in misspelt():
        log.warning("unknown setting", variable=variable, did_you_mean=meant)
    app = Flask("webhooks_app", template_folder=folder("templates"), static_folder=folder("static"))
    app.request_class = BoundedRequest
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.sqlalchemy_url, settings.web_threads, settings.database_pooling, role
        ),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME=settings.cookie_name("session"),
        SESSION_COOKIE_SECURE=settings.is_https,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.wsgi_app = TrustedHosts(app.wsgi_app, settings.own_hosts)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.after_request(name_request)
    _bind_extensions(app)
    app.extensions[SLOT] = make_parts(app, settings, role)
    if doors:
        _open_doors(app)
    if commands:
        _add_commands(app)
    return app


def _bind_extensions(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    login_manager.init_app(app)
    csrf.init_app(app)


def make_parts(app: Flask, settings: Settings, role: str = "") -> Parts:
    doorbell = Doorbell(fast_redis(settings.redis_socket_url))
    with app.app_context():
        ingest = GroupCommit(db.engine, doorbell.ring)
        replica = _replica(settings, role)
    return Parts(
        settings=settings,
        guard=settings.guard,
        vault=Vault(settings.vault_keys),
        rates=Rates(fast_redis(settings.redis_socket_url)),
        doorbell=doorbell,
        ingest=ingest,
        replica=replica,
        writes=RecentWrites(fast_redis(settings.redis_socket_url)),
        delays=Room(settings.web_threads // 4),
        listening=Room(settings.web_threads // 4),
        exports=Room(settings.web_threads // 4),
    )


def _replica(settings: Settings, role: str) -> Replica | None:
    """It opens no connection before a page asks for it, so workers may have the setting too."""
    url = settings.sqlalchemy_read_url
    if not url:
        return None
    pool = replica_engine(url, settings.web_threads, settings.database_pooling, role)
    return Replica(db.engine, pool)


def _open_doors(app: Flask) -> None:
    from webhooks_app import api, web

    api.init_app(app)
    web.init_app(app)


def _add_commands(app: Flask) -> None:
    from flask_migrate import Migrate

    from webhooks_app import commands

    Migrate(app, db, directory=f"{app.root_path}/migrations", render_as_batch=True)
    commands.init_app(app)
