"""Deliveries are looked for near the time of their events."""

from datetime import UTC, datetime, timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests import factories
from webhooks_app.deliveries.filters import of_events
from webhooks_app.deliveries.of_events import DELIVERIES, again_of, planned_of
from webhooks_app.extensions import db
from webhooks_app.lib.ids import floor_id

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
TIMES = st.lists(MOMENTS, min_size=1)
APART = st.timedeltas(timedelta(hours=-23), timedelta(hours=23))


def bounds(event_ids: list[str]) -> set[str]:
    """What the ids of planned deliveries are compared with."""
    values = planned_of(event_ids).compile().params.values()
    return {value for value in values if isinstance(value, str) and value.startswith("msg_")}


@given(times=TIMES, apart=APART)
def test_clocks_may_differ_by_almost_a_day(times: list[datetime], apart: timedelta) -> None:
    first, last = sorted(bounds([floor_id("evt", one.timestamp()) for one in times]))
    for one in times:
        assert first < floor_id("msg", (one + apart).timestamp()) < last


@given(id_=st.text() | st.from_regex("evt_[0-9a-v]{26}", fullmatch=True))
def test_any_text_is_taken(id_: str) -> None:
    """Somebody may filter by it."""
    bounds([id_])
    again_of([id_])
    assert bounds([]) == set()


def test_ids_that_are_none_of_ours_find_what_they_name(app: Flask) -> None:
    organisation = factories.organisation()
    factories.webhook(organisation, "https://a.example")
    [accepted] = factories.accepted(organisation, factories.lead())
    found = select(DELIVERIES.c.event_id).where(of_events(["evt_?", "", accepted.id]))
    assert db.session.scalars(found).all() == [accepted.id]
