"""Every bench still runs, on little data. Its results are for people to read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    "command",
    [
        "engine --count 500",
        "engine --count 500 --history 2000",
        "engine --count 500 --tls",
        "path --count 100 --warm 500 --rounds 1 --against .",
        "path --latency --warm 0 --rate 50 --seconds 1",
        "ingest --count 200",
        "ingest --count 1000 --batch 100",
        "latency --count 10",
        "isolation --seconds 1",
        "pages --count 3000 --others 200 --times 1",
        "mail --count 60",
        "waiting --count 500 --seconds 2",
        "wal --count 500",
        "snapshot --count 500 --seconds 2",
        "retention --count 500",
        "partitions --count 500",
    ],
)
def test_a_bench_ends_with_a_line_that_has_its_ratio(command: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bench", *command.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["bench"].split()[0] == command.split()[0]
    assert told["ratio"] > 0
