"""How many events a second are accepted over HTTP, committed with their deliveries."""

from typing import Any

from sqlalchemy import func, select

from bench.load import post, rate
from bench.processes import serving, serving_noop
from bench.support import DATA, product
from tests import factories
from webhooks_app.extensions import db
from webhooks_app.models import Delivery

CONNECTIONS = 32
EVENT = b'{"type":"lead.captured","chatbot_id":"bot_1","data":%b}' % DATA.encode()


def run(count: int, batch: int) -> dict[str, Any]:
    with product() as made:
        organisation = factories.organisation()
        headers = factories.bearer(factories.api_key(organisation))
        factories.webhook(organisation, "https://example.com/hook")
        single = post("/api/v1/events", headers, EVENT)
        with serving_noop() as port:
            noop = rate(port, post("/events", {}, EVENT), count, CONNECTIONS, b"202")
        with serving(made) as port:
            rate(port, single, 200, 4, b"202")
            singles = rate(port, single, count, CONNECTIONS, b"202")
            result = (
                _batches(port, headers, batch, singles)
                if batch
                else {
                    "limit_per_s": round(noop),
                    "ratio": round(singles / noop, 3),
                    "events_per_s": round(singles),
                }
            )
        stored = db.session.scalar(select(func.count()).select_from(Delivery))
        return {**result, "deliveries_stored": stored}


def _batches(port: int, headers: dict[str, str], size: int, singles: float) -> dict[str, Any]:
    body = b'{"events":[' + b",".join([EVENT] * size) + b"]}"
    whole = post("/api/v1/events/batch", headers, body)
    batches = rate(port, whole, 200, 4, b"202")
    return {
        "singles_per_s": round(singles),
        "batch": size,
        "ratio": round(batches * size / singles, 2),
        "events_per_s": round(batches * size),
    }
