"""Store new deliveries: each in the log and in the queue."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table

from webhooks_app.database.bulk import insert_rows
from webhooks_app.matching.rows import DELIVERY_COLUMNS
from webhooks_app.models import Delivery, Queued

QUEUE_COLUMNS = ("delivery_id", "subscription_id", "due_at")
QUEUE = cast(Table, Queued.__table__)
DELIVERIES = cast(Table, Delivery.__table__)

_ID = DELIVERY_COLUMNS.index("id")
_SUBSCRIPTION_ID = DELIVERY_COLUMNS.index("subscription_id")
_CREATED_AT = DELIVERY_COLUMNS.index("created_at")


def enqueue(connection: Connection, deliveries: Sequence[Sequence[object]]) -> None:
    """Store rows of `DELIVERY_COLUMNS`, due when they are made."""
    insert_rows(connection, DELIVERIES, DELIVERY_COLUMNS, deliveries)
    queued = [(row[_ID], row[_SUBSCRIPTION_ID], row[_CREATED_AT]) for row in deliveries]
    insert_rows(connection, QUEUE, QUEUE_COLUMNS, queued)
