"""What each operator of a condition means. All are total: any two JSON values have an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import re2


@dataclass(frozen=True, slots=True)
class Operator:
    """`holds(actual, value)`; `when_missing` is the answer where the field is not there."""

    holds: Callable[[Any, Any], bool]
    when_missing: bool = False
    takes_list: bool = False


def equals(actual: Any, value: Any) -> bool:
    """Numbers by value, also when one side is a text of digits; texts exactly, by case."""
    if isinstance(actual, bool) or isinstance(value, bool):
        return _as_bool(actual) is not None and _as_bool(actual) == _as_bool(value)
    if isinstance(actual, int | float) or isinstance(value, int | float):
        left, right = _as_number(actual), _as_number(value)
        return left is not None and left == right
    return bool(actual == value)


def exists(actual: Any, _: Any) -> bool:
    """There, and neither null nor empty."""
    return actual is not None and actual != ""


def contains(actual: Any, value: Any) -> bool:
    """A text within a text, whatever the case; or an element of a list."""
    if isinstance(actual, list):
        return any(equals(one, value) for one in actual)
    return _texts(actual, value, lambda text, part: part in text)


def starts_with(actual: Any, value: Any) -> bool:
    return _texts(actual, value, str.startswith)


def ends_with(actual: Any, value: Any) -> bool:
    return _texts(actual, value, str.endswith)


def one_of(actual: Any, values: Any) -> bool:
    return any(equals(actual, value) for value in values)


def greater_than(actual: Any, value: Any) -> bool:
    return _ordered(actual, value, lambda left, right: left > right)


def less_than(actual: Any, value: Any) -> bool:
    return _ordered(actual, value, lambda left, right: left < right)


def matches(actual: Any, value: Any) -> bool:
    """RE2 finds the pattern somewhere in a text, in time linear in its length."""
    return isinstance(actual, str) and compile_pattern(str(value)).search(actual) is not None


@lru_cache(maxsize=2048)
def compile_pattern(pattern: str) -> Any:
    """Raises `re2.error`. Memory is bounded too, so that `(x{1000}){1000}` is refused."""
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    return re2.compile(pattern, options)


OPERATORS = {
    "exists": Operator(exists),
    "not_exists": Operator(lambda actual, value: not exists(actual, value), when_missing=True),
    "equals": Operator(equals),
    "not_equals": Operator(lambda actual, value: not equals(actual, value), when_missing=True),
    "contains": Operator(contains),
    "starts_with": Operator(starts_with),
    "ends_with": Operator(ends_with),
    "one_of": Operator(one_of, takes_list=True),
    "greater_than": Operator(greater_than),
    "less_than": Operator(less_than),
    "matches": Operator(matches),
}
VALUELESS = ("exists", "not_exists")


def _texts(actual: Any, value: Any, test: Callable[[str, str], bool]) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, str | int | float):
        return False
    return test(str(actual).casefold(), str(value).casefold())


def _ordered(actual: Any, value: Any, test: Callable[[Any, Any], bool]) -> bool:
    """By number, else by moment (RFC 3339); anything else has no order."""
    for convert in (_as_number, _as_moment):
        left, right = convert(actual), convert(value)
        if left is not None and right is not None:
            return test(left, right)
    return False


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= 400:
        try:
            return int(value)
        except ValueError:
            try:
                return float(value)
            except ValueError:
                return None
    return None


def _as_bool(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.casefold()) if isinstance(value, str) else None


def _as_moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
