"""Migrate a full database, from before partitions and the queue to the newest schema.

Meanwhile somebody stores events, deliveries and attempts as the code of the old schema did.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import click
from alembic import command
from alembic.config import Config
from flask import Flask

from bench.migrated import differences, wrong_rows
from bench.old_log import LOTS, Writer, counted, fill
from tests.conftest import settings_for
from tests.support.servers import PostgresServer, create_database
from webhooks_app import create_app
from webhooks_app.extensions import db
from webhooks_app.operations.schema import revisions

FIRST = "0041"
REST = 1.0  # seconds
# A process that can be killed. It says when it begins.
UPGRADE = """
import pathlib, sys
from alembic import command
from tests.conftest import settings_for
from webhooks_app import create_app
app = create_app(settings_for(sys.argv[1], "", pathlib.Path(sys.argv[2])))
with app.app_context():
    print("begins", flush=True)
    command.upgrade(app.extensions["migrate"].migrate.get_config(), "head")"""

MakeUrl = Callable[[str], str]


def run(count: int, sqlite: bool, kills: int, seed: int) -> dict[str, Any]:
    """Revision by revision; then again in processes that are killed at random moments."""
    count -= count % LOTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with nullcontext(_in(folder)) if sqlite else _postgres(folder) as make_url:
            result = _timed(make_url("timed"), folder, count)
            if kills:
                result |= _killed(make_url, folder, count, kills, result["seconds"], seed)
            return result


def _in(folder: Path) -> MakeUrl:
    return lambda name: f"sqlite:///{folder}/{name}.db"


@contextmanager
def _postgres(folder: Path) -> Iterator[MakeUrl]:
    (folder / "postgres").mkdir()
    server = PostgresServer(folder / "postgres")
    server.create()
    try:
        yield lambda name: create_database(server.url, name)
    finally:
        server.stop("immediate")


@contextmanager
def _at(url: str, folder: Path, revision: str) -> Iterator[Config]:
    """An app on a database with the schema of that revision."""
    app: Flask = create_app(settings_for(url, "", folder))
    with app.app_context():
        config: Config = app.extensions["migrate"].migrate.get_config()
        command.upgrade(config, revision)
        yield config
        db.session.remove()
        db.engine.dispose()


def _timed(url: str, folder: Path, count: int) -> dict[str, Any]:
    with _at(url, folder, FIRST) as config:
        began = perf_counter()
        fill(db.engine, count)
        filled, steps, lost = perf_counter() - began, {}, 0
        with Writer(db.engine) as writer:
            sleep(REST)
            alone = writer.longest_since()
            for revision in revisions()[revisions().index(FIRST) + 1 :]:
                began = perf_counter()
                command.upgrade(config, revision)
                steps[revision] = (perf_counter() - began, writer.longest_since())
                lost += _lost(count, writer)
        wrong = wrong_rows(db.engine)
    seconds = sum(took for took, _ in steps.values())
    return {
        "rows": count,
        **{
            name: f"{took:.1f} s, longest write {wait:.2f} s"
            for name, (took, wait) in steps.items()
        },
        "seconds": round(seconds, 1),
        "longest_write": round(max(wait for _, wait in steps.values()), 2),
        "longest_write_alone": round(alone, 2),
        "stored_beside": writer.stored,
        "lost": lost,
        "wrong": wrong,
        "ratio": round(seconds / filled, 2),
    }


def _lost(count: int, writer: Writer) -> int:
    """How many rows are missing in the three tables."""
    with writer.paused():
        return sum(count + writer.stored - found for found in counted(db.engine))


def _killed(
    make_url: MakeUrl, folder: Path, count: int, kills: int, seconds: float, seed: int
) -> dict[str, Any]:
    """Each process continues where the one before was killed."""
    chance, killed, url = random.Random(seed), 0, make_url("killed")
    with _at(url, folder, FIRST):
        fill(db.engine, count)
        with Writer(db.engine) as writer:
            longest = seconds * min(1, 1.5 / kills)  # so that few are killed after the end
            while killed < kills and not _ended(url, folder, chance.uniform(0, longest)):
                killed += 1
            assert _ended(url, folder, None)
            lost = _lost(count, writer)
        wrong, engine = wrong_rows(db.engine), db.engine
        with _at(make_url("fresh"), folder, "head"):
            differing = differences(engine, db.engine)
    for one in differing:
        click.echo(f"  {one}")
    return {
        "kills": killed,
        "lost_with_kills": lost,
        "wrong_with_kills": wrong,
        "differences": len(differing),
    }


def _ended(url: str, folder: Path, seconds: float | None) -> bool:
    """Whether the process ended before it was killed after so many seconds."""
    with subprocess.Popen(
        [sys.executable, "-c", UPGRADE, url, str(folder)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            assert process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            return False
        return True
