"""GET /openapi.json: the committed document, for anyone."""

from flask import Blueprint, Response

from webhooks_app.api.operation import Operation, operation
from webhooks_app.lib.folders import folder

bp = Blueprint("openapi", __name__, url_prefix="/api/v1")
TEXT = (folder("docs") / "openapi.json").read_bytes()


@bp.get("/openapi.json")
@operation(
    Operation(
        summary="Read this document",
        tag="This document",
        answers={200: {"type": "object"}},
        description="The API as OpenAPI 3.1. It needs no key.",
        public=True,
    )
)
def show_document() -> Response:
    return Response(TEXT, mimetype="application/json")
