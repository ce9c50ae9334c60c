"""A sign of life of a process's loop, for others on the same host.

The loop writes the time into a file, about once a second. Whoever started the process reads it: a
process can be there and yet be stuck. The clock is one that stops while the machine sleeps.
"""

import os
import struct
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where processes of this host also keep their metrics
EVERY = 1.0
STUCK_AFTER = 30.0  # seconds
TIME = struct.Struct("d")


def beat() -> None:
    """In the loop of this process. It never raises: a full disk must not end deliveries."""
    if (file := _file(os.environ, os.getpid())) is not None:
        with suppress(OSError):
            file.write_bytes(TIME.pack(time.monotonic()))


def last(environ: Mapping[str, str], pid: int) -> float | None:
    """When that process last gave a sign (`time.monotonic`); None if it gives none."""
    file = _file(environ, pid)
    if file is None:
        return None
    with suppress(OSError, struct.error):
        (moment,) = TIME.unpack(file.read_bytes())
        return float(moment)
    return None


def is_stuck(environ: Mapping[str, str], pid: int, since: float) -> bool:
    """Whether it gave signs after `since`, then none for long. An older one is of another process,
    which had the same id."""
    moment = last(environ, pid)
    return moment is not None and moment >= since and time.monotonic() - moment > STUCK_AFTER


def forget(environ: Mapping[str, str], pid: int) -> None:
    if (file := _file(environ, pid)) is not None:
        file.unlink(missing_ok=True)


def forget_dead(folder: Path) -> None:
    """Delete the files of processes that ended without a supervisor."""
    for file in folder.glob("pulse_*"):
        if not Path(f"/proc/{file.name.partition('_')[2]}").exists():
            file.unlink(missing_ok=True)


def _file(environ: Mapping[str, str], pid: int) -> Path | None:
    folder = environ.get(FOLDER)
    return Path(folder) / f"pulse_{pid}" if folder else None
