"""For operators and their probes."""

from flask import Blueprint, Response, jsonify
from werkzeug.wrappers import Response as BaseResponse

from webhooks_app.extensions import db
from webhooks_app.lib import metrics
from webhooks_app.operations import health
from webhooks_app.parts import parts

bp = Blueprint("operations", __name__)


@bp.get("/healthz")
def healthz() -> BaseResponse:
    """This process responds."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[BaseResponse, int]:
    """SQL and Redis respond, and a worker was seen lately; otherwise 503."""
    checks = health.checks(db.engine, parts().settings.redis_socket_url)
    ready = all(check == "ok" for check in checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


@bp.get("/metrics")
def show_metrics() -> Response:
    text = metrics.exposition(health.BacklogCollector(db.engine))
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")
