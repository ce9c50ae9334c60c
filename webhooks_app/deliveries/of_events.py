"""The deliveries of events, as conditions that PostgreSQL answers from few partitions."""

from collections.abc import Collection
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, literal_column, true

from webhooks_app.lib.ids import floor_id, made_at
from webhooks_app.models import Delivery

DELIVERIES = cast(Table, Delivery.__table__)
# Written exactly as in the two partial indexes by event: otherwise the database uses neither.
PLANNED: ColumnElement[str] = literal_column("'event'")
IS_PLANNED = DELIVERIES.c.trigger == PLANNED
IS_AGAIN = DELIVERIES.c.trigger != PLANNED
SKEW = timedelta(days=1)  # the clocks of all machines differ by less


def planned_of(event_ids: Collection[str]) -> ColumnElement[bool]:
    """Those that were planned when the events were stored, so at about the same time."""
    first, last = _times(event_ids)
    near = DELIVERIES.c.id.between(first, last) if last else true()
    return and_(IS_PLANNED, DELIVERIES.c.event_id.in_(event_ids), near)


def again_of(event_ids: Collection[str]) -> ColumnElement[bool]:
    """Their replays, recoveries and tests, which are younger than the events."""
    first, _ = _times(event_ids)
    return and_(IS_AGAIN, DELIVERIES.c.event_id.in_(event_ids), DELIVERIES.c.id >= first)


def _times(event_ids: Collection[str]) -> tuple[str, str]:
    """The first and the last id of a delivery near the events. Empty if an id is none of ours."""
    try:
        moments = [made_at(id_) for id_ in event_ids]
        near = (min(moments) - SKEW, max(moments) + SKEW)
        first, last = (floor_id("msg", moment.timestamp()) for moment in near)
    except (ValueError, OverflowError):
        return "", ""
    return first, last
