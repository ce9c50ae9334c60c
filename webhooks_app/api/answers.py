"""JSON answers."""

from typing import Any

import orjson
from flask import Response


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, mimetype="application/json")


def no_content() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response
