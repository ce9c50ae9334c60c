"""The HTML door."""

from flask import Flask

from webhooks_app.web import errors, rq_dashboard, security, tenancy
from webhooks_app.web.views import (
    accounts,
    api_keys,
    chat_settings,
    deliveries,
    docs,
    events,
    inbox,
    notifications,
    operations,
    overview,
    replays,
    simulator,
    subscriptions,
)

VIEWS = (
    accounts,
    api_keys,
    chat_settings,
    deliveries,
    docs,
    events,
    inbox,
    notifications,
    operations,
    overview,
    replays,
    simulator,
)


def init_app(app: Flask) -> None:
    security.init_app(app)
    errors.init_app(app)
    tenancy.init_app(app)
    for views in VIEWS:
        app.register_blueprint(views.bp)
    for plural in subscriptions.KINDS:
        app.register_blueprint(subscriptions.bp, name=plural, url_prefix=f"/{plural}")
    rq_dashboard.init_app(app)
    app.jinja_env.globals["brand"] = app.config["SETTINGS"].brand_name
