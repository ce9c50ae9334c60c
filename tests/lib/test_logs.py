"""Logs are JSON, one line per event."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging
import structlog
from webhooks_app.lib.logs import configure_logging
configure_logging("INFO")
structlog.get_logger("ours").warning("endpoint disabled", subscription="whk_1")
logging.getLogger("theirs").info("started %s", "well")
logging.getLogger("theirs").debug("not shown")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("ours").exception("it broke")
"""


@pytest.mark.processes
def test_every_line_is_json_whoever_wrote_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    first, second, third = (json.loads(line) for line in result.stderr.splitlines())
    assert (first["event"], first["level"]) == ("endpoint disabled", "warning")
    assert (first["logger"], first["subscription"]) == ("ours", "whk_1")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["logger"]) == ("started well", "theirs")
    assert "ZeroDivisionError" in third["exception"]
