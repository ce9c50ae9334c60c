"""Filters of a list in the query string, so that the address keeps them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

LONGEST_TEXT = 200

T = TypeVar("T")


class FilterQuery:
    """The values of `NAMES` in the query; `faults` are by name."""

    NAMES: tuple[str, ...] = ()

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.kept = {
            name: asked[name].strip() for name in self.NAMES if asked.get(name, "").strip()
        }
        self.faults: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        return self.kept.get(name, "")

    def without(self, *names: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name not in names}

    def _read(self, name: str, parse: Callable[[str], T]) -> T | None:
        if name not in self.kept:
            return None
        try:
            return parse(self.kept[name])
        except ValueError as error:
            self.faults[name] = str(error)
            del self.kept[name]
            return None


def chosen(name: str, choices: Mapping[str, T]) -> T:
    if name not in choices:
        raise ValueError(f"Choose one of {', '.join(choices)}.")
    return choices[name]


def searched(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise ValueError(f"Search for at most {LONGEST_TEXT} characters.")
    return text
