"""From the POST of an event to its delivery, through all processes: what it costs each of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.installation import HERE, PRODUCT, Installation, Scene
from bench.load import post, rate
from bench.pace import paced
from bench.receiver import ReceiverProcess
from bench.support import DATA
from tests.support.servers import wait_until

CONNECTIONS = 32
BATCH = 500
WARM_UP = 300
SETTLING = 0.5
KINDS = (*PRODUCT, "redis", "postgres")
EVENT = b'{"type":"%b","chatbot_id":"bot_1","data":%b}'
TYPES = ("lead.captured", "lead.updated", "booking.confirmed", "task.created")
DELIVERED = "SELECT count(*) FROM deliveries WHERE organisation_id = %s AND status = 'delivered'"
OPEN = "SELECT count(*) FROM deliveries WHERE status <> 'delivered'"
WRITTEN = """SELECT pg_current_wal_lsn() - '0/0', xact_commit, blks_hit + blks_read
FROM pg_stat_database WHERE datname = current_database()"""


class Load(NamedTuple):
    """So many events, as fast as they are taken, or `a_second` of them."""

    events: int
    a_second: float = 0.0


class Round(NamedTuple):
    """What was measured once. CPU is in microseconds for each delivery, by kind of process."""

    cpu: dict[str, float]
    per_s: float
    wal_bytes: float
    commits: float
    blocks: float


@dataclass
class Side:
    """A checkout, its servers, and an organisation with a type of event for each fan-out."""

    name: str
    made: Installation
    receiver: ReceiverProcess
    scene: Scene
    types: dict[int, str]

    def event(self, fan_out: int) -> bytes:
        return EVENT % (self.types[fan_out].encode(), DATA.encode())


@contextmanager
def sides(
    against: Path | None, fan_outs: Sequence[int], warm: int, postgres: Sequence[str] = ()
) -> Iterator[list[Side]]:
    """Ours, and the other checkout's when there is one, with that many deliveries in the tables."""
    checkouts = {"new": HERE} | ({"old": against} if against else {})
    with ExitStack() as stack:
        receiver = stack.enter_context(ReceiverProcess(max(fan_outs)))
        made = {
            name: stack.enter_context(Installation(path, postgres))
            for name, path in checkouts.items()
        }
        yield [_prepared(name, one, receiver, fan_outs, warm) for name, one in made.items()]


def _prepared(
    name: str, made: Installation, receiver: ReceiverProcess, fan_outs: Sequence[int], warm: int
) -> Side:
    types = dict(zip(fan_outs, TYPES, strict=False))
    with made.running():
        side = Side(name, made, receiver, made.scene(), types)
        for fan_out, event_type in types.items():
            made.subscribe(side.scene, receiver.urls[:fan_out], event_type)
        _await_pings(made, receiver)
        if warm:
            _warm(side, fan_outs[0], warm)
    made.sql("VACUUM ANALYZE")
    return side


def _warm(side: Side, fan_out: int, deliveries: int) -> None:
    batches = -(-deliveries // (BATCH * fan_out))
    body = b'{"events":[' + b",".join([side.event(fan_out)] * BATCH) + b"]}"
    request = post("/api/v1/events/batch", side.scene.headers, body)
    send = partial(rate, side.made.port, request, batches, 4, b"202")
    delivered(side, BATCH * batches * fan_out, send)


def _await_pings(made: Installation, receiver: ReceiverProcess) -> None:
    """Not every version sends them, so there may be none."""
    time.sleep(1)
    wait_until(lambda: made.sql(OPEN) == (0,))
    receiver.arrived()


def measured(side: Side, fan_out: int, load: Load) -> Round:
    """One round, in processes that were just started and have delivered a little."""
    single = post("/api/v1/events", side.scene.headers, side.event(fan_out))
    with side.made.running():
        delivered(side, WARM_UP * fan_out, sending(side.made.port, single, Load(WARM_UP)))
        return delivered(side, load.events * fan_out, sending(side.made.port, single, load))


def sending(port: int, request: bytes, load: Load) -> Callable[[], object]:
    if load.a_second:
        return partial(paced, port, lambda _: request, load.a_second, load.events, b"202")
    return partial(rate, port, request, load.events, CONNECTIONS, b"202")


def delivered(side: Side, count: int, send: Callable[[], object]) -> Round:
    """What `send` used until all `count` deliveries of what it sent arrived and were recorded."""
    made, before = side.made, _count(side)
    written, cpu, start = made.sql(WRITTEN), made.cpu(), time.time()
    send()
    arrived = side.receiver.await_arrivals(count)
    while True:
        time.sleep(SETTLING)
        used = made.cpu()
        used.subtract(cpu)
        if _count(side) == before + count:
            break
    wrote = [float(b) - float(a) for a, b in zip(written, made.sql(WRITTEN), strict=True)]
    assert arrived.count == count, (arrived.count, count)
    return Round(
        {kind: used[kind] / count * 1e6 for kind in KINDS},
        count / (arrived.last - start),
        *(number / count for number in wrote),
    )


def _count(side: Side) -> int:
    return int(str(side.made.sql(DELIVERED, side.scene.organisation_id)[0]))
