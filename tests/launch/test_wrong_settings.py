"""A wrong setting is one sentence and the exit status 1, whatever is started."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.launch.instance import ROOT, environ
from tests.support.servers import PATIENCE, free_port

BIN = Path(sys.executable).parent
GRANIAN = [sys.executable, "-m", "granian", "--no-ws", "--interface"]
WAYS = {
    "app.py": [sys.executable, "app.py"],
    "worker.py": [sys.executable, "worker.py"],
    "one part": [sys.executable, "worker.py", "--role", "beat"],
    "hookline-server": [str(BIN / "hookline-server")],
    "hookline-worker": [str(BIN / "hookline-worker")],
    "a command": [sys.executable, "-m", "flask", "--app", "app", "audit"],
    "the web server": [*GRANIAN, "rsgi", "webhooks_app.rsgi:door"],
    "another web server": [*GRANIAN, "wsgi", "webhooks_app.wsgi:app"],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_setting_is_one_sentence(way: str, tmp_path: Path) -> None:
    variables = environ(
        DATA_DIR=tmp_path,
        DATABASE_URL=f"sqlite:///{tmp_path}/hookline.db",
        REDIS_URL="redis://127.0.0.1:1/0",
        ENCRYPTION_KEYS="short",
        GRANIAN_PORT=free_port(),
    )
    ended = subprocess.run(
        WAYS[way],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert "Traceback" not in said
    [line] = [line for line in ended.stderr.splitlines() if "Cannot start" in line]
    assert line.startswith("Cannot start: ENCRYPTION_KEYS: key 1 is not a Fernet key")
