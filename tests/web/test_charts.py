"""Bars: their positions, and that nothing counted is too small to see."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.deliveries.statistics import OUTCOMES, Bar, percentile
from webhooks_app.web.charts import round_up, stacked

EDGES = re.compile(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-([\d.]+)z")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
counts = st.dictionaries(st.sampled_from(OUTCOMES), st.integers(0, 10**7))


@given(st.lists(counts, min_size=1, max_size=60))
def test_everything_counted_stands_inside_the_picture_and_is_seen(
    counted: list[dict[str, int]],
) -> None:
    chart = stacked([Bar(NOON, one) for one in counted], 720, 160)
    assert len(chart.rectangles) == sum(1 for one in counted for n in one.values() if n)
    for one in chart.rectangles:
        assert 0 <= one.x < one.x + one.width <= 720
        assert 0 <= one.y < 160
        assert one.height >= 1.5


@given(st.lists(counts, min_size=1, max_size=60))
def test_the_path_of_an_outcome_goes_around_each_of_its_rectangles(
    counted: list[dict[str, int]],
) -> None:
    chart = stacked([Bar(NOON, one) for one in counted], 720, 160)
    drawn = [
        (float(x), float(y), float(width), float(height), outcome)
        for outcome, path in chart.paths.items()
        for x, y, width, height, back in EDGES.findall(path)
        if back == width
    ]
    assert sorted(drawn) == sorted(chart.rectangles)


@given(st.integers(0, 10**9))
def test_the_top_is_a_round_number_at_or_above(value: int) -> None:
    top = round_up(value)
    assert top >= max(1, value)
    assert str(top).rstrip("0") in ("1", "2", "5")
    assert value < 2 or top < value * 2.5


def test_percentiles_are_the_bounds_of_their_buckets() -> None:
    counted = {10: 50, 100: 45, 2500: 4, 0: 1}
    assert percentile(counted, 50) == 10
    assert percentile(counted, 95) == 100
    assert percentile(counted, 99) == 2500
    assert percentile({0: 1}, 50) is None
    assert percentile({}, 50) is None
