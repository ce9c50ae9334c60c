"""An event as conditions and mail subjects see it."""

from collections.abc import Mapping

from webhooks_app.matching.budget import Budget
from webhooks_app.matching.paths import Walk, steps_of

ENVELOPE = ("id", "type", "timestamp", "subject", "data")
ELEMENT = 32  # the cost of examining an element of a list, in steps of the budget


class View:
    """`event` has `id`, `type`, `timestamp`, `subject` and `data`."""

    __slots__ = ("_event", "_found")

    def __init__(self, event: Mapping[str, object]) -> None:
        self._event = event
        self._found: dict[str, list[object]] = {}

    def look_up(self, path: str, budget: Budget) -> list[object]:
        """All values at `path`: one, or several if a list is on the way. Raises `Spent`.

        A path that starts with a name of the envelope (`data.email`, `subject.id`) starts there,
        any other in `data`. If `data` has no such member and it names the event's own object, it
        means `data` itself: for `lead.captured`, `lead.email` is `data.email`.
        """
        found = self._found.get(path)
        if found is None:
            walk = Walk()
            found = self._found[path] = self._find(walk, steps_of(path))
            if walk.visited:
                budget.pay(walk.visited * ELEMENT)
        return found

    def _find(self, walk: Walk, steps: tuple[str, ...]) -> list[object]:
        first, rest = steps[0], steps[1:]
        if first in ENVELOPE:
            return walk.find(self._event.get(first), rest)
        data = self._event.get("data")
        found = walk.find(data, steps)
        if not found and rest and first == str(self._event.get("type")).partition(".")[0]:
            return walk.find(data, rest)
        return found
