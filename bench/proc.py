"""What processes used, as Linux counts it: CPU time and memory."""

import os
from collections.abc import Iterator
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PARENT = 1  # of the fields after the name, proc(5) counts it as the fourth
USER, SYSTEM, REAPED_USER, REAPED_SYSTEM = 11, 12, 13, 14


def tree(root: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each process at or below `root`, with the pids that lead to it: `root` first, itself last."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        if fields := _stat(pid):
            children.setdefault(int(fields[PARENT]), []).append(pid)
    waiting = [(root,)]
    while waiting:
        path = waiting.pop()
        yield path[-1], path
        waiting.extend((*path, child) for child in children.get(path[-1], ()))


def cpu_seconds(pid: int) -> float:
    """Of the process and of its children that ended; 0 when it has ended."""
    fields = _stat(pid)
    return (
        sum(int(fields[n]) for n in (USER, SYSTEM, REAPED_USER, REAPED_SYSTEM)) / TICK
        if (fields)
        else 0.0
    )


def pss_mb(pid: int) -> float:
    """Its memory, with its share of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"no Pss of {pid}")


def command(pid: int) -> str:
    """Its name and its command line."""
    folder = Path(f"/proc/{pid}")
    try:
        words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return (folder / "comm").read_text().strip() + " " + words
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _stat(pid: int) -> list[str]:
    """The fields after the name, which may hold anything; none when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
