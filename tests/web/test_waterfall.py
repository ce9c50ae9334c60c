"""The parts of attempts as bars: all on one scale, each to be seen, and nothing left out."""

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.models import Attempt
from webhooks_app.web.waterfall import PARTS, WIDTH, waterfalls

times = st.none() | st.integers(0, 60_000)
attempts = st.fixed_dictionaries(
    {"duration_ms": st.integers(0, 60_000)} | {column: times for _, _, column in PARTS}
)


@given(st.lists(attempts, min_size=1, max_size=5))
def test_bars_follow_one_another_inside_the_picture(rows: list[dict[str, int]]) -> None:
    made = [Attempt(number=number, **row) for number, row in enumerate(rows, 1)]
    found = waterfalls(made)
    assert set(found) == {one.number for one in made}
    for bars in found.values():
        end = 0.0
        for bar in bars:
            assert abs(bar.x - end) <= 0.3
            assert bar.width >= 4
            end = bar.x + bar.width
        assert end <= WIDTH + 1


def test_each_part_that_was_measured_is_there_and_the_rest_is_named() -> None:
    [row] = waterfalls(
        [Attempt(number=1, duration_ms=100, queue_ms=30, lookup_ms=5, first_byte_ms=60, body_ms=5)]
    ).values()
    assert [(bar.name, bar.milliseconds) for bar in row] == [
        ("queue", 30),
        ("lookup", 5),
        ("first", 60),
        ("body", 5),
        ("rest", 30),
    ]


def test_an_attempt_of_before_they_were_measured_is_one_bar() -> None:
    [row] = waterfalls([Attempt(number=1, duration_ms=70)]).values()
    assert [(bar.label, bar.milliseconds) for bar in row] == [("The whole attempt", 70)]


def test_the_longest_attempt_fills_the_picture() -> None:
    bars = waterfalls([Attempt(number=1, duration_ms=1000), Attempt(number=2, duration_ms=250)])
    assert bars[1][0].width == WIDTH
    assert 240 <= bars[2][0].width <= 260
