"""`python app.py` as people run it: a real process with its children, in its own folder."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import requests

from tests.support.servers import PATIENCE, free_port, wait_until

ROOT = Path(__file__).parents[2]
OURS = ("DATA_DIR", "DATABASE_URL", "REDIS_URL", "HOST", "PORT", "DEMO", "ENCRYPTION_KEYS")
PARTS = {
    "web": "granian",
    "redis": "redis-server",
    "deliveries": "--role deliveries",
    "background": "--role background",
    "beat": "--role beat",
}


def environ(**variables: object) -> dict[str, str]:
    """Our environment, without what would reach another instance."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    return clean | {name: str(value) for name, value in variables.items()}


def run(script: str, *arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
    """A command that should end by itself."""
    return subprocess.run(
        [sys.executable, str(ROOT / script), *arguments],
        env=environ(**variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Instance:
    def __init__(
        self,
        folder: Path,
        command: Sequence[str] = (sys.executable, str(ROOT / "app.py")),
        **variables: object,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder.parent / f"{self.port}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w") as log:
            self.process = psutil.Popen(
                command,
                cwd=folder.parent,
                env=environ(DATA_DIR=folder, PORT=self.port, **variables),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        wait_until(lambda: "Ctrl-C" in self.said or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.said
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        family = self.family()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)
        for process in family:
            if process.is_running():
                process.kill()

    @property
    def said(self) -> str:
        return self._log.read_text()

    @property
    def key(self) -> str:
        return str(json.loads((self.folder / "demo.json").read_text())["api_key"])

    def family(self) -> list[psutil.Process]:
        """Every process it started."""
        try:
            return list(self.process.children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def part(self, name: str) -> list[psutil.Process]:
        """Its processes with that role, in the order of starting."""
        return [p for p in self.family() if PARTS[name] in command_line(p)]

    def post(self, number: int = 1) -> requests.Response:
        return requests.post(
            f"{self.url}/api/v1/events",
            headers={"Authorization": f"Bearer {self.key}"},
            json={"type": "lead.captured", "data": {"number": number}},
            timeout=PATIENCE,
        )

    def arrived(self) -> list[dict[str, object]]:
        """What the built-in receiver got, oldest first: headers and body."""
        with sqlite3.connect(f"file:{self.folder}/hookline.db?mode=ro", uri=True) as database:
            rows = database.execute("SELECT headers, body FROM inbox_requests ORDER BY id")
            return [
                {"headers": {k.lower(): v for k, v in json.loads(headers)}, "body": body}
                for headers, body in rows
            ]

    def numbers_arrived(self) -> set[int]:
        return {json.loads(str(r["body"], "utf-8"))["data"]["number"] for r in self.arrived()}


def command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def await_end_of(processes: list[psutil.Process]) -> None:
    """An ended grandchild stays a zombie if nobody adopts it."""
    wait_until(lambda: all(map(_is_gone, processes)))


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
