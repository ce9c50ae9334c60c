"""An engine on a real loop."""

from tests.support.engine import engine, organisation, run

__all__ = ["engine", "organisation", "run"]
