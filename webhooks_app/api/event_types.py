"""GET /event-types: the catalogue."""

from flask import Response

from webhooks_app.api import shapes
from webhooks_app.api.answers import answer
from webhooks_app.api.blueprint import bp
from webhooks_app.catalogue import CATALOGUE


@bp.get("/event-types")
def list_event_types() -> Response:
    """All at once, for any key: they are few, and the same for everyone."""
    kinds = [shapes.event_type(kind) for kind in CATALOGUE.values()]
    return answer({"data": kinds, "next_cursor": None})
