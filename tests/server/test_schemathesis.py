"""Schemathesis sends the running API what its document allows and what it does not."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import MEASURED
from tests.server.conftest import Site, site  # noqa: F401 - a fixture
from tests.support.servers import PATIENCE
from tests.support.sizes import DRILL

EXAMPLES = 200 if DRILL else 5
# A text can break rules that a JSON Schema cannot express, so some valid input is refused.
NOT_ASKED = "positive_data_acceptance"

# No worker runs here, so a wait would only take time. A 412 refuses too: a condition is looked at
# before the body.
CONFIGURATION = """
[parameters]
"query.wait" = 0

[checks.negative_data_rejection]
expected-statuses = ["400", "403", "404", "405", "409", "412", "415", "422", "5xx"]
"""


@pytest.mark.timeout(3600 if DRILL else 900)
def test_no_answer_is_outside_the_document(
    site: Site,  # noqa: F811
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {site.key}"),
            *("--checks", "all", "--exclude-checks", NOT_ASKED),
            *("--max-examples", str(EXAMPLES), "--seed", "20261126"),
            *("--request-timeout", str(PATIENCE)),
            *("--no-shrink", "--continue-on-failure", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    report = ended.stdout + ended.stderr[-2000:]
    assert ended.returncode == 0, report.partition("FAILURES")[2] or report
    [generated] = re.findall(r"(\d+) generated", ended.stdout)
    record_property(MEASURED, f"schemathesis: {generated} cases, all inside the document")
    assert int(generated) > 1000
    assert "Traceback" not in site.log.read_text()
