"""What a delivery costs from the POST of its event on, beside another checkout in turns."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.path_rounds import KINDS, Load, Round, measured, sides


class Compared(NamedTuple):
    """Medians of all rounds; `old` and `ratio` are 0 when there is no other checkout."""

    new: float
    old: float = 0.0
    ratio: float = 0.0

    def __str__(self) -> str:
        beside = f"  old {self.old:8.1f}  ratio {self.ratio:5.2f}" if self.old else ""
        return f"{self.new:8.1f}{beside}"


def run(
    count: int,
    fan_outs: Sequence[int],
    against: Path | None,
    rounds: int,
    warm: int,
    trickle: float,
    seconds: float,
) -> dict[str, Any]:
    """`count` deliveries a round, or events at a steady rate for some seconds. The order of
    fan-outs and of checkouts turns from round to round."""
    seen: dict[tuple[str, int], list[Round]] = {}
    with sides(against, fan_outs, warm) as compared:
        for turn in range(rounds):
            step = -1 if turn % 2 else 1
            for fan_out in fan_outs[::step]:
                events = int(trickle * seconds) if trickle else count // fan_out
                for side in compared[::step]:
                    one = measured(side, fan_out, Load(events, trickle))
                    seen.setdefault((side.name, fan_out), []).append(one)
                    print(f"  {side.name}, fan-out {fan_out}: {_total(one):.0f} µs", flush=True)
    result: dict[str, Any] = {"warm": warm, "rounds": rounds}
    for fan_out in fan_outs:
        result |= _told(fan_out, seen["new", fan_out], seen.get(("old", fan_out), []))
    return result


def _told(fan_out: int, new: list[Round], old: list[Round]) -> dict[str, Any]:
    at = f"fan-out {fan_out}:"
    told = {f"{at} {name}": _compared(meter, new, old) for name, meter in METERS.items()}
    if not old:
        return told
    ratio = told[f"{at} CPU µs"].ratio
    best = round(median(map(_total, new)) / min(map(_total, old)), 3)
    return {**told, f"{at} ratio": ratio, f"{at} ratio to the best old round": best, "ratio": ratio}


def _compared(meter: Callable[[Round], float], new: list[Round], old: list[Round]) -> Compared:
    ours = median(map(meter, new))
    if not old:
        return Compared(round(ours, 1))
    theirs = median(map(meter, old))
    return Compared(round(ours, 1), round(theirs, 1), round(ours / theirs, 3) if theirs else 0.0)


def _total(one: Round) -> float:
    return sum(one.cpu.values())


def _of(kind: str) -> Callable[[Round], float]:
    return lambda one: one.cpu[kind]


METERS: dict[str, Callable[[Round], float]] = {
    **{f"{kind} µs": _of(kind) for kind in KINDS},
    "CPU µs": _total,
    "deliveries/s": lambda one: one.per_s,
    "WAL bytes": lambda one: one.wal_bytes,
    "commits": lambda one: one.commits,
    "blocks": lambda one: one.blocks,
}
