"""Load with kills: what is lost and repeated, and whether memory and descriptors grow.

Every half minute a random part is killed: of the product, PostgreSQL or Redis. The producer
insists: it sends an event again, with the same id, until it gets an answer. It sends some events a
second for minutes, or a number of events, as fast as they are taken or some a second.
"""

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bench import proc
from bench.installation import PRODUCT, Installation, Scene
from tests.support.receiver import Answer, Received, Receiver
from tests.support.servers import wait_until

KILL_EVERY = 30.0
SAMPLE_EVERY = 5.0
ENDPOINTS = 2
SETTLED_WITHIN = 120.0
PATIENCE = 60.0
TYPE = "lead.captured"
PLANNED = """
    SELECT deliveries.id FROM deliveries JOIN events ON events.id = event_id WHERE type = %s"""
IN_FLIGHT = "SELECT count(*) FROM queue WHERE leased_until IS NOT NULL"
SERVERS = ("postgres", "redis")
KILLED = sorted({*PRODUCT, *SERVERS} - {"supervisor"})  # that one is what heals
BATCH = 100
PACE = 20.0  # seconds to settle for each thousand events


@dataclass
class Sample:
    """Megabytes and descriptors of each kind, and its processes."""

    rss: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    pids: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def run(minutes: float, seed: int, events: int, rate: float) -> dict[str, Any]:
    """For `minutes`; or as long as `events` take, if they are not 0. `rate` is events a second."""
    chance = random.Random(seed)
    arrived: Counter[str] = Counter()
    receivers = [_counting(arrived) for _ in range(ENDPOINTS)]
    with receivers[0], receivers[1], Installation() as made, made.running():
        scene = made.scene()
        made.subscribe(scene, [one.url for one in receivers], TYPE)
        began = time.monotonic()
        with Producer(made, scene, events, rate) as producer:
            ends = time.monotonic() + minutes * 60
            watched = _watched(
                made, chance, producer.is_busy if events else lambda: time.monotonic() < ends
            )
        sent_for, stopped = time.monotonic() - began, time.monotonic()
        within = SETTLED_WITHIN + PACE * len(producer.accepted) / 1000
        wait_until(lambda: _settled(made, len(producer.accepted)), within, every=1.0)
        settled = time.monotonic() - stopped
        planned = {str(id_) for (id_,) in made.rows(PLANNED, TYPE)}  # without the pings
        made.audit()
    seen = Counter({id_: n for id_, n in arrived.items() if id_ in planned})
    return {
        "seed": seed,
        "minutes": round(sent_for / 60, 1),
        "events": len(producer.accepted),
        "answers": dict(producer.answers),
        "deliveries": len(planned),
        "lost": len(planned - seen.keys()) + ENDPOINTS * len(producer.accepted) - len(planned),
        "repeated": seen.total() - len(seen),
        "in_flight_at_kills": watched.in_flight,
        "kills": dict(watched.kills),
        "settled_s": round(settled, 1),
        **_growth(watched.samples),
    }


def _counting(arrived: Counter[str]) -> Receiver:
    """It keeps nothing but ids: a million requests would fill the memory."""
    receiver = Receiver()
    lock = threading.Lock()

    def answer(request: Received) -> Answer:
        with lock:
            arrived[request.delivery_id] += 1
        receiver.received.clear()
        return Answer()

    receiver.answer = answer
    return receiver


class Producer:
    """Posts in a thread: `events` in batches, or, if that is 0, single ones.

    As many a second as `rate` says; batches as fast as they are taken if it is 0. `answers` counts
    what came, `accepted` holds the ids of events.
    """

    def __init__(self, made: Installation, scene: Scene, events: int, rate: float) -> None:
        self.answers: Counter[str] = Counter()
        self.accepted: set[str] = set()
        self._url = f"{made.site}/api/v1/events"
        self._headers = scene.headers
        self._events = events
        self._rate = rate
        self._began = time.monotonic()
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run_batches if events else self._run)

    def __enter__(self) -> "Producer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._enough.set()
        self._thread.join()

    def is_busy(self) -> bool:
        return self._thread.is_alive()

    def _run_batches(self) -> None:
        for start in range(0, self._events, BATCH):
            if self._is_enough_before(start):
                return
            numbers = range(start, min(start + BATCH, self._events))
            events = [{"type": TYPE, "id": f"soak-{n}", "data": {"n": n}} for n in numbers]
            self._insist(f"{self._url}/batch", {"events": events}, {})

    def _run(self) -> None:
        number = 0
        while not self._is_enough_before(number):
            body = {"type": TYPE, "data": {"n": number}}
            self._insist(self._url, body, {"Idempotency-Key": f"soak-{number}"})
            number += 1

    def _is_enough_before(self, number: int) -> bool:
        """Waits until it is the turn of that event."""
        turn = self._began + number / self._rate if self._rate else 0.0
        return self._enough.wait(max(0.0, turn - time.monotonic()))

    def _insist(self, url: str, body: object, headers: dict[str, str]) -> None:
        headers = {**self._headers, **headers}
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                answer = requests.post(url, json=body, headers=headers, timeout=10)
            except requests.RequestException:
                self.answers["no answer"] += 1
            else:
                self.answers[str(answer.status_code)] += 1
                if answer.status_code == 202:
                    stored = answer.json()
                    self.accepted |= {one["id"] for one in stored.get("events", [stored])}
                    return
            time.sleep(0.1)
        raise AssertionError(f"{body} was not accepted within {PATIENCE:.0f} s")


@dataclass
class Watched:
    """`in_flight` counts what was being sent when something was killed: so much may be repeated."""

    samples: list[Sample] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0


def _watched(made: Installation, chance: random.Random, goes_on: Callable[[], bool]) -> Watched:
    watched = Watched()
    began, kill_at = time.monotonic(), KILL_EVERY
    while goes_on():
        if time.monotonic() - began >= kill_at:
            watched.kills[_kill_one(made, chance)] += 1
            watched.in_flight += int(str(made.sql(IN_FLIGHT)[0]))
            kill_at += KILL_EVERY
        watched.samples.append(_sample(made))
        time.sleep(SAMPLE_EVERY)
    return watched


def _kill_one(made: Installation, chance: random.Random) -> str:
    """Granian's parent too: it is a part as all others."""
    kind = chance.choice(KILLED)
    if kind in SERVERS:
        made.restart(kind)
        return kind
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
    [open_] = made.sql("SELECT count(*) FROM queue")
    return stored == events and open_ == 0
