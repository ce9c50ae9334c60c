"""A reload of the web server: an old process serves until the new one has loaded the app."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.support.servers import PATIENCE, free_port, wait_until
from webhooks_app import web_server
from webhooks_app.launch import children
from webhooks_app.lib.folders import PACKAGE

APP = """
import time
from pathlib import Path

LOADING = Path({folder!r}) / "loading"
LOADING.with_name("begun").touch()
while {slow} and LOADING.exists():
    time.sleep(0.05)

async def app(scope, protocol):
    protocol.response_str(200, [], {version!r})
"""
INTERVAL = 2


BROKEN = {
    "it cannot be imported": "raise RuntimeError('broken')",
    "it ends after it was loaded": """
import os

async def app(scope, protocol):
    pass

app.__rsgi_init__ = lambda loop: os._exit(3)
""",
}


def write(folder: Path, version: str, *, slow: bool = False) -> None:
    text = APP.format(folder=str(folder), version=version, slow=slow)
    (folder / "versioned.py").write_text(text)


class Server:
    """`versioned` of `folder`, which is at first the version `old`."""

    def __init__(self, folder: Path, *started_by: str, interval: int = INTERVAL) -> None:
        write(folder, "old")
        self._port, self._log = free_port(), folder / "log"
        options = ["--port", str(self._port), "--respawn-interval", str(interval)]
        options += ["--log-level", "error", "--interface", "rsgi"]
        options += ["--working-dir", str(folder), "versioned:app"]
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", *started_by, *options], env=environ, stdout=log, stderr=log
            )

    def answer(self) -> str:
        try:
            return requests.get(f"http://127.0.0.1:{self._port}/", timeout=PATIENCE).text
        except requests.ConnectionError:
            return ""

    def answers(self, version: str) -> bool:
        return {self.answer() for _ in range(20)} == {version}

    def says(self, words: str) -> bool:
        return words in self._log.read_text()

    def reload(self) -> None:
        self._process.send_signal(signal.SIGHUP)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            assert self._process.wait(PATIENCE) == 0, self._log.read_text()
        finally:
            self._process.kill()


def test_the_old_process_serves_while_the_new_one_loads(tmp_path: Path) -> None:
    loading = tmp_path / "loading"
    with Server(tmp_path, web_server.__file__) as server:
        try:
            wait_until(lambda: server.answer() == "old", PATIENCE)
            loading.touch()
            write(tmp_path, "new", slow=True)
            server.reload()
            ends = time.monotonic() + 2 * INTERVAL
            while time.monotonic() < ends:
                assert server.answer() == "old"
                time.sleep(0.05)
            loading.unlink()
            wait_until(lambda: server.answer() == "new", PATIENCE)
            wait_until(lambda: server.answers("new"), PATIENCE)
        finally:
            loading.unlink(missing_ok=True)


def test_the_server_can_be_stopped_while_a_new_process_loads(tmp_path: Path) -> None:
    loading, begun = tmp_path / "loading", tmp_path / "begun"
    with Server(tmp_path, web_server.__file__) as server:
        wait_until(lambda: server.answer() == "old", PATIENCE)
        loading.touch()
        begun.unlink()
        write(tmp_path, "new", slow=True)
        server.reload()
        wait_until(begun.exists, PATIENCE)


@pytest.mark.parametrize("broken", BROKEN)
def test_the_old_process_goes_on_if_the_new_version_is_broken(tmp_path: Path, broken: str) -> None:
    """And a later reload takes the version that is mended."""
    with Server(tmp_path, "-m", web_server.__name__, "--workers", "2", interval=5) as server:
        wait_until(lambda: server.answer() == "old", PATIENCE)
        (tmp_path / "versioned.py").write_text(BROKEN[broken])
        server.reload()
        wait_until(lambda: server.says("The reload was given up"), PATIENCE)
        assert server.answers("old")
        write(tmp_path, "new")
        server.reload()
        wait_until(lambda: server.answer() == "new", PATIENCE)


@pytest.mark.parametrize(
    ("run", "ours"),
    [
        (f"run_path({web_server.__file__!r})", set()),
        (f"run_module({web_server.__name__!r})", {"webhooks_app"}),
    ],
    ids=["as a file", "as a module"],
)
def test_the_parent_process_imports_no_module_that_an_upgrade_replaces(
    run: str, ours: set[str]
) -> None:
    program = f"import sys, runpy; runpy.{run}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {name for name in loaded if name.startswith("webhooks_app")} == ours


@pytest.mark.quick
def test_the_product_starts_its_web_server_by_this_file() -> None:
    from webhooks_app.config import Settings

    argv = children.web(Settings(), "127.0.0.1", {}).argv
    assert argv[:3] == (sys.executable, "-P", str(PACKAGE / "web_server.py"))
