"""How long a POST takes, and its event until it arrives, at a steady rate."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench.latency import percentile
from bench.load import post
from bench.pace import paced
from bench.path_rounds import EVENT, TYPES, Side, sides
from bench.processes import serving_noop
from bench.support import DATA

WARM_UP_SECONDS = 2.0
TABLE = "CREATE TABLE IF NOT EXISTS bench_rows (n bigint, text text)"
ROW = "INSERT INTO bench_rows VALUES (%s, %s)"


class Measured(NamedTuple):
    """In milliseconds, and as multiples of the limit."""

    post_p50: float
    arrival_p50: float
    arrival_p99: float
    ratios: tuple[float, float, float]

    def __str__(self) -> str:
        shown = ", ".join(f"{ratio:.2f}" for ratio in self.ratios)
        return (
            f"POST p50 {self.post_p50:7.2f}, arrival p50 {self.arrival_p50:7.2f}, "
            f"p99 {self.arrival_p99:7.2f}; × limit {shown}"
        )


def run(against: Path | None, warm: int, rates: Sequence[int], seconds: float) -> dict[str, Any]:
    """The limit is the median of a view that answers JSON on the same server, at the same rate,
    plus that of a commit of one row. `ratio` is that of the median arrival at the first rate."""
    result: dict[str, Any] = {}
    with sides(against, [1], warm) as compared, serving_noop() as noop:
        for side in compared:
            with side.made.running():
                _through(side, rates[0], WARM_UP_SECONDS)
                for rate in rates:
                    view = percentile(_posts(noop, rate, seconds), 50)
                    commit = percentile(_commits(side.made.database_url, rate, seconds), 50)
                    result[f"{side.name}, {rate}/s: view, commit"] = (view, commit)
                    one = _measured(*_through(side, rate, seconds), view + commit)
                    result[f"{side.name}, {rate}/s"] = one
    return {**result, "ratio": result[f"new, {rates[0]}/s"].ratios[1]}


def _posts(noop: int, rate: float, seconds: float) -> list[float]:
    request = post("/events", {}, EVENT % (TYPES[0].encode(), _data(0)))
    answers = paced(noop, lambda _: request, rate, int(rate * seconds), b"202")
    return [one.answered - one.sent for one in answers]


def _commits(database_url: str, rate: float, seconds: float) -> list[float]:
    taken = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(TABLE)
        start = time.perf_counter()
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
            began = time.perf_counter()
            connection.execute(ROW, (number, DATA))
            taken.append(time.perf_counter() - began)
    return taken


def _through(side: Side, rate: float, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds from each POST to its answer, and to its arrival."""
    count = int(rate * seconds)
    asked = paced(side.made.port, partial(_request, side), rate, count, b"202")
    arrived = side.receiver.await_arrivals(count).numbered
    answers = [one.answered - one.sent for one in asked]
    return answers, [arrived[number] - one.sent for number, one in enumerate(asked)]


def _request(side: Side, number: int) -> bytes:
    body = EVENT % (side.types[1].encode(), _data(number))
    return post("/api/v1/events", side.scene.headers, body)


def _data(number: int) -> bytes:
    return f'{{"n":{number},{DATA[1:]}'.encode()


def _measured(answers: list[float], arrivals: list[float], limit: float) -> Measured:
    shown = percentile(answers, 50), percentile(arrivals, 50), percentile(arrivals, 99)
    first, second, third = (round(one / limit, 2) for one in shown)
    return Measured(*shown, (first, second, third))
