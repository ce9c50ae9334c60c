"""What each operator of a condition means. Each has an answer for any two JSON values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import re2

LARGEST_PROGRAM = 1000
LONGEST_SEARCHED = 16_384  # characters of a text that a pattern examines
GOES_ON = "\0"  # so that `$` does not match where a text was cut

# Numbers as JSON and people write them: ASCII digits, no underscores, no infinity.
NUMBER = re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*")
INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")
LONGEST_NUMBER = 400
LONGEST_MOMENT = 64


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator.

    `holds(actual, value)` decides. `negated`: it holds when it holds for no found value.
    `cost(actual, value)` is the work in steps of the budget, if it may be much.
    """

    holds: Callable[[object, object], bool]
    negated: bool = False
    takes_list: bool = False
    cost: Callable[[object, object], int] | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern; `weight` is the worst cost of one byte, in steps of the budget."""

    regex: Any
    weight: int

    def found_in(self, text: str) -> bool:
        """Whether it matches in the first `LONGEST_SEARCHED` characters."""
        if len(text) > LONGEST_SEARCHED:
            text = f"{text[:LONGEST_SEARCHED]}{GOES_ON}"
        return self.regex.search(text) is not None

    def cost(self, text: str) -> int:
        return min(len(text), LONGEST_SEARCHED) * self.weight


def equals(actual: object, value: object) -> bool:
    """Numbers are equal by value, even if one is a text of digits; texts exactly, with case."""
    if isinstance(actual, bool) or isinstance(value, bool):
        return _as_bool(actual) is not None and _as_bool(actual) == _as_bool(value)
    if isinstance(actual, int | float) or isinstance(value, int | float):
        left, right = _as_number(actual), _as_number(value)
        return left is not None and left == right
    return bool(actual == value)


def exists(actual: object, _: object) -> bool:
    """Present, and neither null nor empty."""
    return actual is not None and actual != ""


def contains(actual: object, value: object) -> bool:
    """A text within a text, ignoring case, or an element of a list."""
    if isinstance(actual, list):
        return any(equals(one, value) for one in actual)
    return _texts(actual, value, lambda text, part: part in text)


def starts_with(actual: object, value: object) -> bool:
    return _texts(actual, value, str.startswith)


def ends_with(actual: object, value: object) -> bool:
    return _texts(actual, value, str.endswith)


def one_of(actual: object, values: object) -> bool:
    return any(equals(actual, value) for value in _choices(values))


def greater_than(actual: object, value: object) -> bool:
    return _ordered(actual, value, lambda left, right: left > right)


def less_than(actual: object, value: object) -> bool:
    return _ordered(actual, value, lambda left, right: left < right)


def matches(actual: object, value: object) -> bool:
    """RE2 finds the pattern somewhere in a text, in time linear in its length."""
    return isinstance(actual, str) and compile_pattern(str(value)).found_in(actual)


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> Pattern:
    """Compile a pattern. Raises `re2.error` with the reason.

    Measured: while RE2 can keep its automaton, a byte takes 2 ns with any pattern. When the
    automaton grows too large, a byte takes about 150 ns plus 1 ns for each instruction of the
    program.
    """
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    regex = re2.compile(pattern, options)
    size = regex._regexp.ProgramSize()
    if size > LARGEST_PROGRAM:
        raise re2.error("it is too large; use smaller repetition counts, such as {0,50}")
    return Pattern(regex, 4 + size // 50)


def _cost_of_text(actual: object, _: object) -> int:
    return len(actual) if isinstance(actual, str) else 0


def _cost_of_contains(actual: object, _: object) -> int:
    return 32 * len(actual) if isinstance(actual, list) else _cost_of_text(actual, _)


def _cost_of_matches(actual: object, value: object) -> int:
    return compile_pattern(str(value)).cost(actual) if isinstance(actual, str) else 0


def _cost_of_choices(_: object, values: object) -> int:
    return 32 * len(_choices(values))


OPERATORS = {
    "exists": Operator(exists),
    "not_exists": Operator(exists, negated=True),
    "equals": Operator(equals),
    "not_equals": Operator(equals, negated=True),
    "contains": Operator(contains, cost=_cost_of_contains),
    "starts_with": Operator(starts_with, cost=_cost_of_text),
    "ends_with": Operator(ends_with, cost=_cost_of_text),
    "one_of": Operator(one_of, takes_list=True, cost=_cost_of_choices),
    "greater_than": Operator(greater_than),
    "less_than": Operator(less_than),
    "matches": Operator(matches, cost=_cost_of_matches),
}
VALUELESS = ("exists", "not_exists")


def _choices(values: object) -> Sequence[object]:
    return values if isinstance(values, Sequence) else ()


def _texts(actual: object, value: object, test: Callable[[str, str], bool]) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, str | int | float):
        return False
    return test(str(actual).casefold(), str(value).casefold())


def _ordered(actual: object, value: object, test: Callable[[Any, Any], bool]) -> bool:
    """Order by number, otherwise by time (RFC 3339). Other values have no order."""
    for convert in (_as_number, _as_moment):
        left, right = convert(actual), convert(value)
        if left is not None and right is not None:
            return test(left, right)
    return False


def _as_number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or len(value) > LONGEST_NUMBER or not NUMBER.fullmatch(value):
        return None
    if INTEGER.fullmatch(value):
        return int(value)
    number = float(value)
    return number if isfinite(number) else None


def _as_bool(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.casefold()) if isinstance(value, str) else None


def _as_moment(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > LONGEST_MOMENT:
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
