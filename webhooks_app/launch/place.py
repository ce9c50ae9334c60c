"""What an instance does not share on this machine: a data folder and a port."""

import fcntl
import http.client
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webhooks_app.lib.starting import CannotStart

ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


@contextmanager
def data_folder(path: Path) -> Iterator[None]:
    """Reserve the folder for this user and this instance. Raises `CannotStart`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        lock = (path / "lock").open("w")
    except OSError as error:
        raise CannotStart(f"DATA_DIR cannot be used: {error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(
                f"another instance already uses the data in {path}; set DATA_DIR"
            ) from error
        yield


def empty_folder(path: Path) -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class Site:
    """Where the web server listens."""

    address: str
    port: int

    @property
    def reached_at(self) -> str:
        """Its address as seen from this machine."""
        return ANY.get(self.address, self.address)

    @property
    def url(self) -> str:
        host = f"[{self.reached_at}]" if ":" in self.reached_at else self.reached_at
        return f"http://{host}:{self.port}"

    def answers(self) -> bool:
        connection = http.client.HTTPConnection(self.reached_at, self.port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def free_site(host: str, port: int) -> Site:
    """The address of `host`. Raises `CannotStart` if the port is taken."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, where = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen()
    except OSError as error:
        raise CannotStart(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return Site(str(where[0]), port)
