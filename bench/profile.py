"""Where the time of the path goes: a sampling profiler on each process, and SQL's own counts."""

import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import proc
from bench.installation import ROLES, Installation
from bench.load import post
from bench.path_rounds import WARM_UP, Load, Side, delivered, sending, sides

SAMPLES = 200  # a second
SHOWN = 12
FRAME = re.compile(r"(?P<function>.+) \((?P<file>.+?)(:\d+)?\)")
PRELOADED = "shared_preload_libraries=pg_stat_statements"
STATEMENTS = """SELECT round(sum(total_exec_time)::numeric, 1), sum(calls), sum(rows),
  left(regexp_replace(query, '\\s+', ' ', 'g'), 100)
FROM pg_stat_statements WHERE query NOT LIKE '%%pg_stat_%%'
GROUP BY 4 ORDER BY 1 DESC LIMIT %s"""


def run(count: int, fan_out: int, warm: int, trickle: float) -> None:
    """Prints a table for each process. The profiler takes some of the time itself.

    `trickle`: so many events a second; 0 for as many as are taken.
    """
    with sides(None, [fan_out], warm, postgres=[PRELOADED]) as [side], side.made.running():
        single = post("/api/v1/events", side.scene.headers, side.event(fan_out))
        delivered(side, WARM_UP * fan_out, sending(side.made.port, single, Load(WARM_UP)))
        side.made.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        side.made.sql("SELECT pg_stat_statements_reset()")
        with tempfile.TemporaryDirectory() as folder:
            with _watched(side.made, Path(folder)) as files:
                send = sending(side.made.port, single, Load(count // fan_out, trickle))
                one = delivered(side, count, send)
            for kind, file in files.items():
                _tell(kind, one.cpu[kind], file.read_text().splitlines(), count)
        _tell_statements(side, one.cpu["postgres"], count)


@contextmanager
def _watched(made: Installation, folder: Path) -> Iterator[dict[str, Path]]:
    """py-spy on the process of each kind that has worked most; where its samples will be."""
    busiest: dict[str, int] = {}
    for pid, kind in made.kinds().items():
        if proc.cpu_seconds(pid) >= proc.cpu_seconds(busiest.get(kind, pid)):
            busiest[kind] = pid
    files = {kind: folder / kind for kind in ("web", *ROLES)}
    spies = [_spy(busiest[kind], file) for kind, file in files.items()]
    time.sleep(1)
    yield files
    for spy in spies:
        spy.send_signal(signal.SIGINT)
        assert spy.wait(60) == 0, "py-spy failed"


def _spy(pid: int, file: Path) -> "subprocess.Popen[bytes]":
    """It samples who holds the interpreter's lock: to stop a process wakes its waiting threads, so
    they would count too."""
    options = ["--duration", "unlimited", "--rate", str(SAMPLES), "--format", "raw", "--gil"]
    options += ["--function", "--full-filenames", "--pid", str(pid), "--output", str(file)]
    return subprocess.Popen(["py-spy", "record", *options], stdout=subprocess.DEVNULL)


def _tell(kind: str, cpu: float, stacks: list[str], count: int) -> None:
    rooms, functions, within = Counter[str](), Counter[str](), Counter[str]()
    for line in stacks:
        stack, _, times = line.rpartition(" ")
        frames = [_named(frame) for frame in stack.split(";")]
        room, function = frames[-1]
        rooms[room] += int(times)
        functions[f"{room}: {function}"] += int(times)
        ours = {f"{a}: {b}" for a, b in frames if a.startswith("webhooks_app")}
        within.update(dict.fromkeys(ours, int(times)))
    each = 1e6 / SAMPLES / count
    print(f"\n{kind}: {cpu:.0f} µs of CPU each, {rooms.total() * each:.0f} µs with Python's lock:")
    for title, counted in (
        ("in the code of", rooms),
        ("in the function itself", functions),
        ("in ours and all that it calls", within),
    ):
        print(f"  {title}")
        for name, times in counted.most_common(SHOWN):
            print(f"    {times * each:6.0f} µs  {times / rooms.total():6.1%}  {name}")


def _named(frame: str) -> tuple[str, str]:
    """The room or library, and the function."""
    found = FRAME.fullmatch(frame)
    if found is None:
        return "python", frame
    file = found["file"]
    for marker, depth in (("/webhooks_app/", 2), ("/site-packages/", 1)):
        _, within, rest = file.partition(marker)
        if within:
            words = [*([marker.strip("/")] if depth == 2 else []), *rest.split("/")]
            return "/".join(words[:depth]).removesuffix(
                ".py"
            ), f"{Path(file).stem}.{found['function']}"
    return "python", f"{Path(file).stem}.{found['function']}"


def _tell_statements(side: Side, cpu: float, count: int) -> None:
    print(f"\npostgres: {cpu:.0f} µs each; of these, by its own clock and for each delivery:")
    for milliseconds, calls, rows, text in side.made.rows(STATEMENTS, SHOWN):
        each = float(str(milliseconds)) * 1000 / count
        print(f"    {each:6.0f} µs  {calls} calls, {rows} rows  {text}")
