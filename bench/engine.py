"""How fast one worker process drains a backlog, as a share of bare loops."""

import os
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from bench.bare import Rate, aiohttp_rate, libcurl_rate
from bench.history import History
from bench.receiver import ReceiverProcess
from bench.support import (
    DATA,
    Product,
    beside,
    checkpoint,
    fill,
    forget_log,
    peak_rss_mb,
    product,
    settle,
    sizes,
    subscribe,
)
from bench.written import written
from tests import factories
from tests.support.authority import Authority
from webhooks_app.engine.engine import Engine
from webhooks_app.extensions import db
from webhooks_app.jobs.engine import engine_parts
from webhooks_app.models import Attempt, Delivery
from webhooks_app.parts import parts_of

ENDPOINTS = 50
ROUNDS = 3
BODY = b'{"type":"lead.captured","timestamp":"2026-03-02T10:00:00.000Z","data":%b}' % DATA.encode()


def run(count: int, latency: float) -> dict[str, Any]:
    """One worker process, as a share of bare loops that post the same bodies."""
    with ReceiverProcess(ENDPOINTS, latency) as receiver, product() as made:
        in_flight = parts_of(made.app).settings.max_in_flight if latency else 256
        limit = aiohttp_rate(receiver.urls, BODY, count, in_flight)
        libcurl = libcurl_rate(receiver.urls, BODY, count, in_flight)
        drained = _fill_and_drain(made.app, receiver.urls, count)
        return {
            "limit_per_s": round(limit.per_s),
            "limit_cpu_us_each": round(limit.cpu_us),
            "cpu_ratio": round(limit.cpu_us / drained["cpu_us_each"], 3),
            "ratio": round(drained["per_s"] / limit.per_s, 3),
            **_beside(libcurl, drained),
            **_disk_bytes_each(count),
        }


def _disk_bytes_each(count: int) -> dict[str, int]:
    """What an event, its delivery and its attempt take, with their indexes. Only in tables that
    had nothing else."""
    settle()
    found = sizes()
    tables = ("events", "deliveries", "attempts")
    each = {f"disk_{one}_bytes_each": round(found[one] / count) for one in tables}
    return {**each, "disk_bytes_each": sum(each.values())}


def run_over_tls(count: int) -> dict[str, Any]:
    """One worker process, as a share of a bare libcurl loop; both verify certificates."""
    with TemporaryDirectory() as name:
        authority = Authority(Path(name))
        authority.server("127.0.0.1")
        os.environ["SSL_CERT_FILE"] = str(authority.file)
        receivers = ReceiverProcess(ENDPOINTS, certificate=authority.server_file)
        with receivers as receiver, product() as made:
            libcurl = libcurl_rate(receiver.urls, BODY, count, 256, authority.file)
            drained = _fill_and_drain(made.app, receiver.urls, count)
    beside = _beside(libcurl, drained)
    return {**beside, "ratio": beside["ratio_to_libcurl"]}


def _beside(libcurl: Rate, drained: dict[str, Any]) -> dict[str, Any]:
    return {
        "libcurl_per_s": round(libcurl.per_s),
        "libcurl_cpu_us_each": round(libcurl.cpu_us),
        "ratio_to_libcurl": round(drained["per_s"] / libcurl.per_s, 3),
        "cpu_ratio_to_libcurl": round(libcurl.cpu_us / drained["cpu_us_each"], 3),
        **drained,
    }


def run_with_history(count: int, history: int) -> dict[str, Any]:
    """The rate with that many old deliveries in the tables, as a share of the rate without them.

    In turns with a second database, which is empty before each round.
    """
    with ReceiverProcess(ENDPOINTS) as receiver, product() as full, beside(full) as empty:
        began = time.perf_counter()
        with full.app.app_context():
            History("Long here", webhooks=150, actions=50).fill(history)
            settle()
            checkpoint()
        filled_s = round(time.perf_counter() - began)
        found = in_turns(full, empty, receiver.urls, count)
        return {"history": history, "filled_in_s": filled_s, **found}


def in_turns(full: Product, empty: Product, urls: list[str], count: int) -> dict[str, Any]:
    """Each drains the same backlog in every round."""
    sides = {"with": full, "without": empty}
    rounds: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for n in range(ROUNDS):
        for side in sorted(sides, reverse=n % 2 == 0):
            with sides[side].app.app_context():
                if side == "without":
                    forget_log()
                rounds[side].append(_fill_and_drain(sides[side].app, urls, count))
    return _history_ratio(rounds)


def _history_ratio(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    medians = {
        f"{measure}_{side}": statistics.median(one[measure] for one in rounds[side])
        for measure in ("per_s", "cpu_us_each", "pages_each")
        for side in rounds
    }
    all_rates = {f"all_{side}": [one["per_s"] for one in rounds[side]] for side in rounds}
    ratio = medians["per_s_with"] / medians["per_s_without"]
    return {**medians, **all_rates, "ratio": round(ratio, 3)}


def _fill_and_drain(app: Flask, urls: list[str], count: int) -> dict[str, Any]:
    organisation = factories.organisation()
    fill(organisation, subscribe(organisation, urls), count)
    settle()
    return _drain(app, organisation.id, count)


def _drain(app: Flask, organisation_id: str, count: int) -> dict[str, Any]:
    with written(count) as counts:
        engine = Engine(engine_parts(app))
        engine.start()
        with _watched(engine) as seen:
            cpu, start = time.process_time(), time.perf_counter()
            while not engine.drain(60) or engine.busy:
                time.sleep(0.01)
            seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        engine.stop()
    _check(organisation_id, count)
    return {
        "deliveries": count,
        "per_s": round(count / seconds),
        "cpu_us_each": round(cpu / count * 1e6),
        "max_in_flight": max(seen),
        "peak_rss_mb": round(peak_rss_mb()),
        **counts,
    }


def _check(organisation_id: str, count: int) -> None:
    ours = (
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.organisation_id == organisation_id)
    )
    delivered = db.session.scalar(ours.where(Delivery.status == "delivered"))
    logged = db.session.scalar(ours.join(Attempt, Attempt.delivery_id == Delivery.id))
    others = db.session.execute(
        select(Delivery.status, Delivery.error, func.count())
        .where(Delivery.organisation_id == organisation_id, Delivery.status != "delivered")
        .group_by(Delivery.status, Delivery.error)
    ).all()
    db.session.rollback()
    assert delivered == logged == count, (delivered, logged, count, others)


@contextmanager
def _watched(engine: Engine) -> Iterator[list[int]]:
    """Samples of the number in flight."""
    seen, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.append(engine.in_flight)

    threading.Thread(target=watch, daemon=True).start()
    yield seen
    done.set()
