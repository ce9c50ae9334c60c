"""The HTML door."""

from flask import Flask

from webhooks_app.web import errors, security
from webhooks_app.web.views import accounts, docs, inbox, operations, overview


def init_app(app: Flask) -> None:
    security.init_app(app)
    errors.init_app(app)
    for views in (accounts, docs, inbox, operations, overview):
        app.register_blueprint(views.bp)
    app.jinja_env.globals["brand"] = app.config["SETTINGS"].brand_name
