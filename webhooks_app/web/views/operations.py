"""For operators and their probes."""

from flask import Blueprint, Response, jsonify, render_template
from werkzeug.wrappers import Response as BaseResponse

from webhooks_app.extensions import db
from webhooks_app.lib import metrics
from webhooks_app.lib.times import utcnow
from webhooks_app.operations import checks
from webhooks_app.operations.checks import Check
from webhooks_app.operations.figures import OfAll, OfThisHost
from webhooks_app.parts import parts
from webhooks_app.queue import fast_redis
from webhooks_app.web.tenancy import operator_required

bp = Blueprint("operations", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


@bp.get("/healthz")
def healthz() -> BaseResponse:
    """This process responds."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> tuple[BaseResponse, int]:
    """Whether this process can accept events and show pages; otherwise 503."""
    return _answer(_readiness(), "not ready")


@bp.get("/status")
def status() -> tuple[BaseResponse, int]:
    """Whether the whole product works, including workers; otherwise 503."""
    return _answer(_everything(), "in trouble")


@bp.get("/ops/health")
@operator_required
def show_health() -> str:
    return render_template("operations/health.html", checks=_everything())


def _everything() -> list[Check]:
    settings = parts().settings
    ready = _readiness()
    if not all(check.ok for check in ready):
        return ready
    working = checks.delivering(db.engine, settings.redis_socket_url, utcnow())
    return [*ready, *_replica(), *working]


def _replica() -> list[Check]:
    replica = parts().replica
    return [checks.replica_check(replica)] if replica else []


def _readiness() -> list[Check]:
    return checks.readiness(db.engine, parts().settings.vault_keys)


def _answer(found: list[Check], trouble: str) -> tuple[BaseResponse, int]:
    """Anyone may read it, so it names no hosts."""
    ok = all(check.ok for check in found)
    said = {check.part: check.fault or "ok" for check in found}
    return jsonify(status="ok" if ok else trouble, checks=said), 200 if ok else 503


@bp.get("/metrics")
def show_metrics() -> Response:
    """Of the processes of this host."""
    return Response(metrics.exposition(OfThisHost(db.engine, parts().replica)), content_type=TEXT)


@bp.get("/metrics/global")
def show_global_metrics() -> Response:
    """Of the whole installation: the same from every host."""
    redis = fast_redis(parts().settings.redis_socket_url)
    return Response(metrics.collected(OfAll(db.engine, redis)), content_type=TEXT)
