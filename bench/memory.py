"""What each process holds in memory once it has delivered something: PSS, its share of what it
shares."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench import proc
from bench.installation import HERE, Installation
from bench.load import post, rate
from bench.path import Compared
from bench.path_rounds import EVENT, TYPES
from bench.receiver import ReceiverProcess
from bench.support import DATA

CONNECTIONS = 32


def run(against: Path | None, count: int) -> dict[str, Any]:
    """On PostgreSQL and Redis, whose memory is not counted, and `python app.py` on its defaults,
    all its processes counted."""
    checkouts = {"new": HERE} | ({"old": against} if against else {})
    result: dict[str, Any] = {}
    for where, servers in (("PostgreSQL", True), ("defaults", False)):
        seen = {name: _held(path, servers, count) for name, path in checkouts.items()}
        for kinds in seen.values():
            kinds["all"] = kinds.total()
        new, old = seen["new"], seen.get("old", Counter[str]())
        for kind in new:
            ratio = round(new[kind] / old[kind], 3) if old[kind] else 0.0
            compared = Compared(round(new[kind], 1), round(old[kind], 1), ratio)
            result[f"{where}: {kind} MB"] = compared
    return {**result, "ratio": result["PostgreSQL: all MB"].ratio}


def _held(checkout: Path, servers: bool, count: int) -> Counter[str]:
    """Megabytes, by kind of process, after that many deliveries."""
    body = EVENT % (TYPES[0].encode(), DATA.encode())
    with (
        ReceiverProcess(1) as receiver,
        Installation(checkout, servers=servers) as made,
        made.running(),
    ):
        scene = made.scene()
        made.subscribe(scene, receiver.urls, TYPES[0])
        request = post("/api/v1/events", scene.headers, body)
        rate(made.port, request, count, CONNECTIONS, b"202")
        receiver.await_arrivals(count)
        time.sleep(2)
        held: Counter[str] = Counter()
        for pid, kind in made.kinds().items():
            held[kind] += proc.pss_mb(pid)
        return held
