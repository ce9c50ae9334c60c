"""How much may be in flight, and for whom."""

import pytest

from tests.support.claimed import claimed
from webhooks_app.channels.contract import Claimed
from webhooks_app.engine import in_flight_budget as module
from webhooks_app.engine.in_flight_budget import MOST, InFlightBudget


def of(organisation: str, data: str = "{}") -> Claimed:
    return claimed(organisation_id=organisation, data=data)


def test_it_gives_some_at_a_time() -> None:
    assert InFlightBudget(5000).left() == (MOST, [])
    assert InFlightBudget(100).left() == (88, [])
    assert InFlightBudget(1).left() == (1, [])


def test_the_last_part_is_for_those_who_have_few() -> None:
    room = InFlightBudget(80)
    for _ in range(65):
        room.take(of("big"))
    for _ in range(5):
        room.take(of("small"))
    assert room.left() == (10, ["big"])
    for _ in range(70):
        room.give_back(of("big" if _ < 65 else "small"))
    assert room.left() == (70, [])


def test_large_events_fill_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    room = InFlightBudget(80)
    room.take(of("one", "x" * 1001))
    assert room.left() == (0, [])
    room.give_back(of("one", "x" * 1001))
    assert room.left() == (70, [])
