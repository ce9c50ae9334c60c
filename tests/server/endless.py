"""Behind the door: answers that are made while they are sent. `/log` names each start and end."""

import time
from collections.abc import Iterator

from flask import Flask, Response
from sqlalchemy.exc import OperationalError

from webhooks_app.server.door import Door

PART = b"x" * 100_000

app = Flask(__name__)
log: list[str] = []


@app.get("/healthz")
def healthz() -> str:
    return "ok"


@app.get("/log")
def told() -> list[str]:
    return log


@app.get("/<name>")
def answered(name: str) -> Response:
    return Response(_parts(name), mimetype="text/plain")


def _parts(name: str) -> Iterator[bytes]:
    log.append(f"{name} began")
    try:
        yield from globals()[name]()
    finally:
        log.append(f"{name} ended")


def little() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


def late() -> Iterator[bytes]:
    """The first second passes before the rest is there."""
    yield b"a"
    time.sleep(1.1)
    yield b"b"
    time.sleep(0.5)
    yield b"c"


def much() -> Iterator[bytes]:
    for _ in range(2_000):
        yield PART


def nothing() -> Iterator[bytes]:
    while True:
        time.sleep(0.1)
        yield b""


def breaks() -> Iterator[bytes]:
    for _ in range(10):
        yield PART
    raise OSError


def away() -> Iterator[bytes]:
    yield b"a"
    raise OperationalError(None, None, OSError())


def breaks_at_once() -> Iterator[bytes]:
    yield b"a"
    raise OSError


door = Door(app, 4)
