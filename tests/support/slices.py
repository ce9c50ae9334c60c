"""Long jobs in one go."""

from collections.abc import Iterable

from webhooks_app.operations.slices import Part, work


def finish(parts: Iterable[Part]) -> int:
    """Run the parts to their ends; how many rows they changed."""
    return work(list(parts), None, lambda: False).rows.total()
