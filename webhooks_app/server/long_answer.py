"""Answers of unknown length: sent while they are made, and only as fast as the client reads.

Granian keeps in memory all that a stream is given, however slow the client is. A file it reads only
as fast as the client does. So a long answer is a named pipe that granian takes for a file.
"""

import fcntl
import os
import select
import struct
import termios
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import structlog

from webhooks_app.lib.errors import log_failure
from webhooks_app.server.body import GRACE, SLOWEST
from webhooks_app.server.connection import ENDED, Connection, client_of, connection_of
from webhooks_app.server.rsgi_types import HTTPProtocol, RequestScope

SHORT = 64 * 1024  # bytes; up to this, an answer is sent as a whole
SOON = 1.0  # seconds until what there is of an answer is sent
LOOK_EVERY = 0.01  # seconds

log = structlog.get_logger(__name__)


class Left(Exception):
    """Nobody reads the rest."""


class TooSlow(Exception):
    """The client reads too slowly."""


def send(
    scope: RequestScope,
    protocol: HTTPProtocol,
    status: int,
    headers: Sequence[tuple[str, str]],
    parts: Iterator[bytes],
) -> None:
    """Raises what `parts` raises before anything is sent.

    If it breaks off later, the client is disconnected: what it has must not look like the whole
    answer. So is a client that reads as slowly as no client may send. Where the connection cannot
    be distinguished from others, the answer is collected first.
    """
    client = client_of(scope)
    if client is None:
        protocol.response_bytes(status, headers, b"".join(parts))
        return
    with connection_of(client) as connection, suppress(Left):
        if connection is None:
            return
        beginning, is_whole = _beginning(parts, connection)
        if is_whole:
            protocol.response_bytes(status, headers, beginning)
            return
        with _pipe(connection) as pipe:
            protocol.response_file(status, headers, pipe.path)
            try:
                pipe.write(beginning)
                for part in parts:
                    pipe.write(part)
                pipe.finish()
            except Left:
                raise
            except TooSlow:
                log.info("answer cut off", path=scope.path, reason="its client reads too slowly")
                connection.reset()
            except Exception as error:
                log_failure(log.bind(path=scope.path), "answer cut off", error)
                connection.reset()


def _beginning(parts: Iterator[bytes], connection: Connection) -> tuple[bytes, bool]:
    """What is sent first, and whether it is all. Raises `Left`."""
    beginning, ends = bytearray(), monotonic() + SOON
    for part in parts:
        beginning += part
        if connection.has_ended():
            raise Left
        if len(beginning) > SHORT or (beginning and monotonic() > ends):
            return bytes(beginning), False
    return bytes(beginning), True


class _Pipe:
    """Until granian reads, we have both ends: so neither waits for the other to open it."""

    def __init__(self, path: str, connection: Connection) -> None:
        os.mkfifo(path, 0o600)
        self.path = path
        self._reader: int | None = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        self._connection = connection
        self._poll = select.poll()
        self._poll.register(self._writer, select.POLLOUT)
        self._poll.register(connection, ENDED)
        self._written = 0
        self._waited = 0.0

    def write(self, part: bytes) -> None:
        """Wait until the client has read enough. Raises `Left` and `TooSlow`."""
        left = memoryview(part)
        self._wait()
        while left:
            try:
                written = os.write(self._writer, left)
            except BrokenPipeError:
                raise Left from None
            self._written += written
            left = left[written:]
            self._wait()

    def finish(self) -> None:
        """Wait until granian reads. What it has not read yet stays in the pipe."""
        ends = monotonic() + GRACE
        while not self._is_read():
            self._wait()
            if monotonic() > ends:
                raise TooSlow
            sleep(LOOK_EVERY)

    def close(self) -> None:
        os.close(self._writer)
        if self._reader is not None:
            os.close(self._reader)

    def _wait(self) -> None:
        patience = GRACE + self._written / SLOWEST - self._waited
        began = monotonic()
        ready = dict(self._poll.poll(max(0.0, patience) * 1000))
        self._waited += monotonic() - began
        if not ready:
            raise TooSlow
        if ready.keys() != {self._writer} or ready[self._writer] != select.POLLOUT:
            raise Left
        self._is_read()

    def _is_read(self) -> bool:
        """Then our own end is not needed any more, and would hide that granian closes its own."""
        if self._reader is not None and _unread(self._reader) < self._written:
            os.close(self._reader)
            self._reader = None
        return self._reader is None


def _unread(reader: int) -> int:
    [number] = struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4)))
    return int(number)


@contextmanager
def _pipe(connection: Connection) -> Iterator[_Pipe]:
    """Its name goes first: whoever opened it after both ends are closed would wait forever."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="hookline-"))
        pipe = _Pipe(f"{folder}/answer", connection)
        closes = stack.pop_all()
        with closing(pipe), closes:
            yield pipe
