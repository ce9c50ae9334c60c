"""Paths to fields, as people and producers write them: `owner.email`, `items.0.sku`.

A dot separates steps. A key with a dot in it is found as it is (`fields.System.State`), or written
`fields.System\\.State` where both readings exist; `\\\\` is a backslash. Pure.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from webhooks_app.lib.pointers import Fault, pointer

LONGEST = 200
MOST_ELEMENTS = 1000  # elements of a list that are examined


def path_faults(paths: Sequence[str], most: int) -> Iterator[Fault]:
    """Paths, at pointers into the list itself."""
    if len(paths) > most:
        yield Fault("#", f"Use at most {most} fields.")
    for index, path in enumerate(paths):
        if not is_path(path):
            yield Fault(pointer(index), "Name a field, such as `stage` or `data.owner.email`.")


def is_path(field: str) -> bool:
    """Whether this can name a field."""
    return len(field) <= LONGEST and "\0" not in field and all(steps_of(field))


@lru_cache(maxsize=4096)
def steps_of(path: str) -> tuple[str, ...]:
    """The keys along a path."""
    if "\\" not in path:
        return tuple(path.split("."))
    steps, characters = [""], iter(path)
    for character in characters:
        if character == ".":
            steps.append("")
        elif character == "\\" and (escaped := next(characters, "")) in (".", "\\"):
            steps[-1] += escaped
        elif character == "\\":
            steps[-1] += character + escaped
        else:
            steps[-1] += character
    return tuple(steps)


def escaped(key: str) -> str:
    """A key as one step of a path."""
    return key.replace("\\", "\\\\").replace(".", "\\.")


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each path to a text, a number, true or false that leads through objects only."""
    if isinstance(value, dict):
        for key, within in value.items():
            yield from leaves(within, f"{path}.{escaped(key)}" if path else escaped(key))
    elif path and isinstance(value, str | int | float):
        yield path, value


class Walk:
    """Finds what is at a path. `visited` counts the examined elements of lists."""

    __slots__ = ("visited",)

    def __init__(self) -> None:
        self.visited = 0

    def find(self, value: object, steps: Sequence[str]) -> list[object]:
        """All values at the path: one, or several if a list is on the way.

        A number is an element of a list; any other step goes into each element. If several keys are
        possible, the shortest that leads to a value is used.
        """
        if not steps:
            return [value]
        if isinstance(value, dict):
            return self._in_object(value, steps)
        if isinstance(value, list):
            return self._in_list(value, steps)
        return []

    def _in_object(self, value: dict[str, object], steps: Sequence[str]) -> list[object]:
        if steps[0] in value and (found := self.find(value[steps[0]], steps[1:])):
            return found
        for count in range(2, len(steps) + 1):
            key = ".".join(steps[:count])
            if key in value and (found := self.find(value[key], steps[count:])):
                return found
        return []

    def _in_list(self, value: list[object], steps: Sequence[str]) -> list[object]:
        step = steps[0]
        if step.isdecimal() and int(step) < len(value):
            return self.find(value[int(step)], steps[1:])
        elements = value[:MOST_ELEMENTS]
        self.visited += len(elements)
        return [
            found
            for one in elements
            if isinstance(one, dict | list)
            for found in self.find(one, steps)
        ]
