"""The folder in which all processes of a machine keep their metrics.

Nothing here may import `prometheus_client`, which reads the variable when it is imported.
"""

import os
from pathlib import Path

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def share_metrics(folder: Path) -> None:
    """In this process, and in those that it starts."""
    os.environ[VARIABLE] = str(folder)
