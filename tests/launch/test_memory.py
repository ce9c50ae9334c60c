"""What processes hold: only what their part needs, and of that as much as can be shared."""

import subprocess
import sys

import psutil
import pytest

from tests.launch.instance import environ
from tests.launch.test_worker import Start, Variables, start, variables
from tests.support.servers import wait_until

__all__ = ["start", "variables"]  # fixtures

MODULES = "import sys, {module}; print(*sys.modules)"


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("webhooks_app.launch", {"flask_sqlalchemy", "webhooks_app.web", "webhooks_app.people"}),
        ("webhooks_app.launch.worker", {"flask_sqlalchemy", "prometheus_client"}),
        (
            "webhooks_app.launch.roles",
            {"webhooks_app.web", "webhooks_app.api", "webauthn", "zxcvbn", "flask_migrate"},
        ),
        ("webhooks_app.rsgi", {"zxcvbn", "flask_migrate", "webhooks_app.jobs.worker"}),
    ],
)
def test_a_part_imports_only_what_it_needs(
    module: str, unneeded: set[str], variables: Variables
) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", MODULES.format(module=module)],
        env=environ(**variables),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert unneeded.isdisjoint(loaded)


def test_a_worker_group_shares_what_it_imported(start: Start, variables: Variables) -> None:
    worker = start()
    wait_until(lambda: "beat is active" in worker.said and len(worker.family()) == 3)
    processes = [worker.process, *worker.family()]

    held = [psutil.Process(process.pid).memory_full_info() for process in processes]

    assert sum(one.pss for one in held) < 0.6 * sum(one.rss for one in held)
