"""The order of a table in its address: `?sort=name&dir=desc`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from flask import abort, request

DIRECTIONS = ("asc", "desc")

Row = TypeVar("Row")


class Column(NamedTuple):
    """`words` say the order in a choice. `descending` is the order that the first click gives."""

    words: str
    descending: bool = False


class Sorting:
    """What `?sort` and `?dir` ask for; without them, the table's own order, `usual`.

    `kept` are the filters of the page, which every link keeps. A page after the first is left,
    because it belongs to one order.
    """

    def __init__(
        self, columns: Mapping[str, Column], usual: str, kept: Mapping[str, str] | None = None
    ) -> None:
        self.columns, self.usual = columns, usual
        self.kept = {name: value for name, value in (kept or {}).items() if value}
        self.by, direction = request.args.get("sort", ""), request.args.get("dir", "")
        if (self.by and self.by not in columns) or (direction and direction not in DIRECTIONS):
            abort(400)
        first = bool(self.by) and columns[self.by].descending
        self.descending = direction == "desc" if direction else first

    @property
    def query(self) -> dict[str, str]:
        """The filters and the order, as they are in the address."""
        return self.kept | (self._asked(self.by, self.descending) if self.by else {})

    def turned(self, name: str) -> dict[str, str]:
        """The query of a click on that column: again, it turns the order around."""
        down = not self.descending if name == self.by else self.columns[name].descending
        return self.kept | self._asked(name, down)

    def arranged(self, rows: Sequence[Row], keys: Mapping[str, Callable[[Row], Any]]) -> list[Row]:
        """All rows of a table that has no pages. Equal ones stay in their usual order."""
        if not self.by:
            return list(rows)
        return sorted(rows, key=keys[self.by], reverse=self.descending)

    def _asked(self, name: str, descending: bool) -> dict[str, str]:
        return {"sort": name, "dir": DIRECTIONS[descending]}
