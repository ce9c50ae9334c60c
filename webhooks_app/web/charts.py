"""Bars as SVG rectangles: the position of each. Pure; CSS sets the colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from webhooks_app.deliveries.statistics import OUTCOMES, Bar

SPARK_SIZE = (96, 24)
CHART_SIZE = (720, 160)
NICE = (1, 2, 5)


class Rectangle(NamedTuple):
    """In units of the viewBox, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` is the value at the upper edge, a round number; `total` adds up all bars."""

    rectangles: Sequence[Rectangle]
    top: int
    width: int
    height: int
    total: int

    @property
    def paths(self) -> Mapping[str, str]:
        """By outcome, an SVG path of its rectangles: a list of webhooks has thousands of them."""
        found: dict[str, str] = {}
        for one in self.rectangles:
            edges = f"M{one.x:g} {one.y:g}h{one.width:g}v{one.height:g}h-{one.width:g}z"
            found[one.outcome] = found.get(one.outcome, "") + edges
        return found


Sparklines = Mapping[str, Chart]


def sparklines(hours: Mapping[str, Sequence[Bar]]) -> Sparklines:
    return {id_: stacked(bars, *SPARK_SIZE) for id_, bars in hours.items()}


def stacked(bars: Sequence[Bar], width: int = CHART_SIZE[0], height: int = CHART_SIZE[1]) -> Chart:
    """Each bar's outcomes stacked, the first at the bottom.

    Each counted outcome is at least half a unit high, so that a single failure among thousands is
    visible.
    """
    top = round_up(max((_sum(bar) for bar in bars), default=0))
    step = width / max(1, len(bars))
    rectangles = []
    for index, bar in enumerate(bars):
        y = float(height)
        for outcome in OUTCOMES:
            if count := bar.counts.get(outcome, 0):
                tall = max(1.5, height * count / top)
                y = max(0.0, y - tall)
                rectangles.append(
                    Rectangle(
                        round(index * step, 2),
                        round(y, 2),
                        round(step * 0.8, 2),
                        round(min(tall, height), 2),
                        outcome,
                    )
                )
    return Chart(rectangles, top, width, height, sum(map(_sum, bars)))


def round_up(value: int) -> int:
    """The next 1, 2 or 5 times a power of ten; 1 for nothing."""
    power = 1
    while True:
        for step in NICE:
            if value <= step * power:
                return step * power
        power *= 10


def _sum(bar: Bar) -> int:
    return sum(bar.counts.get(outcome, 0) for outcome in OUTCOMES)
