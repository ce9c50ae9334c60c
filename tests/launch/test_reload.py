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
while {slow} and LOADING.exists():
    time.sleep(0.05)

async def app(scope, protocol):
    protocol.response_str(200, [], {version!r})
"""
INTERVAL = 2


def write(folder: Path, version: str, *, slow: bool) -> None:
    text = APP.format(folder=str(folder), version=version, slow=slow)
    (folder / "versioned.py").write_text(text)


def test_the_old_process_serves_while_the_new_one_loads(tmp_path: Path) -> None:
    port, loading = free_port(), tmp_path / "loading"
    options = ["--port", str(port), "--respawn-interval", str(INTERVAL), "--log-level", "error"]
    options += ["--interface", "rsgi", "--working-dir", str(tmp_path), "versioned:app"]
    write(tmp_path, "old", slow=False)

    def answer() -> str:
        try:
            return requests.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE).text
        except requests.ConnectionError:
            return ""

    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-P", web_server.__file__, *options]
    with subprocess.Popen(command, env=environ) as server:
        try:
            wait_until(lambda: answer() == "old", PATIENCE)
            loading.touch()
            write(tmp_path, "new", slow=True)
            server.send_signal(signal.SIGHUP)
            ends = time.monotonic() + 2 * INTERVAL
            while time.monotonic() < ends:
                assert answer() == "old"
                time.sleep(0.05)
            loading.unlink()
            wait_until(lambda: answer() == "new", PATIENCE)
            wait_until(lambda: {answer() for _ in range(20)} == {"new"}, PATIENCE)
        finally:
            loading.unlink(missing_ok=True)
            server.terminate()
            assert server.wait(PATIENCE) == 0


def test_the_parent_process_imports_nothing_that_an_upgrade_replaces() -> None:
    program = f"import sys, runpy; runpy.run_path({web_server.__file__!r}); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not [name for name in loaded if name.startswith("webhooks_app")]


@pytest.mark.quick
def test_the_product_starts_its_web_server_by_this_file() -> None:
    from webhooks_app.config import Settings

    argv = children.web(Settings(), "127.0.0.1", {}).argv
    assert argv[:3] == (sys.executable, "-P", str(PACKAGE / "web_server.py"))
