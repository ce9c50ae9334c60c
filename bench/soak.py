"""Minutes of load with kills: what is lost and repeated, and whether memory and descriptors grow.

Every half minute a random part of the product is killed. The producer insists: it sends an event
again, with the same key, until it gets an answer.
"""

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench import proc
from bench.installation import PRODUCT, Installation, Scene
from tests.support.receiver import Receiver
from tests.support.servers import wait_until

KILL_EVERY = 30.0
SAMPLE_EVERY = 5.0
RATE = 20  # events a second
ENDPOINTS = 2
SETTLED_WITHIN = 120.0
PATIENCE = 60.0
TYPE = "lead.captured"
PLANNED = """
    SELECT deliveries.id FROM deliveries JOIN events ON events.id = event_id WHERE type = %s"""
UNKILLED = {"supervisor", "redis"}  # the first is what heals; Redis has its own drills


@dataclass
class Sample:
    """Megabytes and descriptors of each kind, and its processes."""

    rss: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    pids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def run(minutes: float, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    receivers = [Receiver() for _ in range(ENDPOINTS)]
    with receivers[0], receivers[1], Installation() as made, made.running():
        scene = made.scene()
        made.subscribe(scene, [one.url for one in receivers], TYPE)
        with Producer(made, scene) as producer:
            samples, kills = _watched(made, chance, minutes * 60)
        began = time.monotonic()
        wait_until(lambda: _settled(made, len(producer.accepted)), SETTLED_WITHIN)
        settled = time.monotonic() - began
        arrived = [Counter(one.delivery_ids) for one in receivers]
        planned = {str(id_) for (id_,) in made.rows(PLANNED, TYPE)}  # without the pings
    seen = Counter({id_: n for id_, n in sum(arrived, Counter()).items() if id_ in planned})
    return {
        "seed": seed,
        "minutes": minutes,
        "events": len(producer.accepted),
        "answers": dict(producer.answers),
        "deliveries": len(planned),
        "lost": len(planned - seen.keys()) + ENDPOINTS * len(producer.accepted) - len(planned),
        "repeated": seen.total() - len(seen),
        "kills": dict(kills),
        "settled_s": round(settled, 1),
        **_growth(samples),
    }


class Producer:
    """Posts in a thread. `answers` counts what came, `accepted` holds the ids of events."""

    def __init__(self, made: Installation, scene: Scene) -> None:
        self.answers: Counter[str] = Counter()
        self.accepted: set[str] = set()
        self._url = f"{made.site}/api/v1/events"
        self._headers = scene.headers
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Producer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        number, began = 0, time.monotonic()
        while not self._enough.wait(max(0.0, began + number / RATE - time.monotonic())):
            self._insist(number)
            number += 1

    def _insist(self, number: int) -> None:
        headers = {**self._headers, "Idempotency-Key": f"soak-{number}"}
        body = {"type": TYPE, "data": {"n": number}}
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                answer = requests.post(self._url, json=body, headers=headers, timeout=10)
            except requests.RequestException:
                self.answers["no answer"] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code == 202:
                    self.accepted.add(answer.json()["id"])
                    return
            time.sleep(0.1)
        raise AssertionError(f"event {number} was not accepted within {PATIENCE:.0f} s")


def _watched(
    made: Installation, chance: random.Random, seconds: float
) -> tuple[list[Sample], Counter[str]]:
    samples: list[Sample] = []
    kills: Counter[str] = Counter()
    began, kill_at = time.monotonic(), KILL_EVERY
    while (elapsed := time.monotonic() - began) < seconds:
        if elapsed >= kill_at:
            kills[_kill_one(made, chance)] += 1
            kill_at += KILL_EVERY
        samples.append(_sample(made))
        time.sleep(SAMPLE_EVERY)
    return samples, kills


def _kill_one(made: Installation, chance: random.Random) -> str:
    """Granian's parent too: it is a part as all others."""
    kind = chance.choice(sorted(set(PRODUCT) - UNKILLED))
    pids = sorted(pid for pid, its in made.kinds().items() if its == kind)
    if pids:
        os.kill(chance.choice(pids), signal.SIGKILL)
    return kind


def _sample(made: Installation) -> Sample:
    sample = Sample()
    for pid, kind in made.kinds().items():
        for rss in _rss_mb(pid):
            sample.rss[kind] += rss
            sample.files[kind] += _open_files(pid)
            sample.pids[kind].add(pid)
    return sample


def _rss_mb(pid: int) -> Iterator[float]:
    """Nothing of a process that has ended."""
    try:
        yield proc.pss_mb(pid)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return


def _open_files(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _growth(samples: list[Sample]) -> dict[str, object]:
    """The medians of the second, the middle and the last tenth of the time."""
    tenth = max(1, len(samples) // 10)
    parts = {
        "early": samples[tenth : 2 * tenth],
        "middle": samples[5 * tenth : 6 * tenth],
        "late": samples[-tenth:],
    }
    found: dict[str, object] = {}
    for kind in PRODUCT:
        for name in ("rss", "files"):
            found[f"{kind}_{'mb' if name == 'rss' else name}"] = {
                when: _median([getattr(one, name)[kind] for one in some])
                for when, some in parts.items()
            }
    return found


def _median(numbers: list[float]) -> float:
    return round(sorted(numbers)[len(numbers) // 2], 1) if numbers else 0.0


def _settled(made: Installation, events: int) -> bool:
    [stored] = made.sql("SELECT count(*) FROM events WHERE type = %s", TYPE)
    [open_] = made.sql("SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL")
    return stored == events and open_ == 0
