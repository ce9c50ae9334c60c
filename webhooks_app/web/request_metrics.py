"""How long our web server takes, by route."""

from functools import lru_cache
from time import perf_counter

from flask import Flask, Response, g, request
from prometheus_client import Histogram

from webhooks_app.lib.metrics import HTTP_SECONDS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def init_app(app: Flask) -> None:
    """Before all others, so that what they do counts too."""
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request_funcs.setdefault(None, []).insert(0, _end)


def _begin() -> None:
    g.began = perf_counter()


def _end(response: Response) -> Response:
    """Flask calls the first of these last."""
    if (began := g.pop("began", None)) is not None:
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        series(route, method, f"{response.status_code // 100}xx").observe(perf_counter() - began)
    return response


@lru_cache(4096)
def series(route: str, method: str, code: str) -> Histogram:
    """To look it up by its labels takes longer than all the rest. `code` is such as `2xx`."""
    return HTTP_SECONDS.labels(route, method, code)
