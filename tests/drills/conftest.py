"""Drills: minutes of trouble on purpose. `make drills` runs them; nothing else collects them."""

from tests.journeys.conftest import (
    either_database,
    journey,
    measured,
    postgres,
    slow_receiver,
    travelled,
)
from tests.support.sizes import DRILL

__all__ = ["either_database", "journey", "measured", "postgres", "slow_receiver", "travelled"]

collect_ignore_glob = [] if DRILL else ["test_*.py"]
