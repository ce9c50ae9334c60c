"""Conditions: whether a subscription wants an event. Pure, and defined for any JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import re2

from webhooks_app.matching.budget import Budget, Spent
from webhooks_app.matching.operators import OPERATORS, VALUELESS, Operator, compile_pattern
from webhooks_app.matching.paths import is_path
from webhooks_app.matching.view import View
from webhooks_app.vocabulary import Match

MOST = 20
LONGEST_VALUE = 1000
LONGEST_PATTERN = 500
MOST_CHOICES = 100
MEMBERS = frozenset(("field", "operator", "value"))
COST = 64  # the cost of any condition, in steps of the budget


class InvalidCondition(ValueError):
    """A condition is not valid. `index` is its position; `member` is field, operator or value."""

    def __init__(self, index: int, member: str, message: str) -> None:
        super().__init__(message)
        self.index = index
        self.member = member


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    operator: str
    value: object = None

    @property
    def is_pattern(self) -> bool:
        return self.operator == "matches"

    def as_json(self) -> dict[str, object]:
        """JSON that `parse_conditions` can read; without a value if the operator takes none."""
        shape: dict[str, object] = {"field": self.field, "operator": self.operator}
        if self.operator not in VALUELESS:
            shape["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return shape


@dataclass(frozen=True, slots=True)
class ConditionResult:
    """The result of one condition: what was found at its field, and whether it holds.

    Not `tried`: it would have cost more than the rest of the budget. Then it does not hold.
    """

    condition: Condition
    passed: bool
    found: bool = False
    actual: object = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    passed: bool
    judged: tuple[ConditionResult, ...]

    @property
    def is_settled(self) -> bool:
        """Whether no untried condition could change the result."""
        return self.passed or all(one.tried for one in self.judged)


def parse_conditions(raw: object) -> tuple[Condition, ...]:
    """From JSON, `[{"field", "operator", "value"}]`; lists become tuples.

    Raises `InvalidCondition` for the first invalid one.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        raise InvalidCondition(0, "field", "Conditions must be a list.")
    if len(raw) > MOST:
        raise InvalidCondition(MOST, "field", f"Use at most {MOST} conditions.")
    return tuple(_parse(index, one) for index, one in enumerate(raw))


def evaluate(conditions: Sequence[Condition], match: Match, event: View, budget: Budget) -> bool:
    """Whether all (or any) conditions hold; True without conditions.

    Raises `Spent` if the rest of the budget is not enough to decide.
    """
    decisive, spent = match is Match.ANY, None
    for condition in conditions:
        try:
            if _holds(condition, event, budget) is decisive:
                return decisive
        except Spent as error:
            spent = error
    if spent is not None:
        raise spent
    return not decisive or not conditions


def explain(
    conditions: Sequence[Condition], match: Match, event: View, budget: Budget
) -> Explanation:
    """Like `evaluate`, but condition by condition, for people. Never raises."""
    judged = tuple(_judge(one, event, budget) for one in conditions)
    combine = all if match is Match.ALL else any
    return Explanation(not judged or combine(one.passed for one in judged), judged)


def _judge(condition: Condition, event: View, budget: Budget) -> ConditionResult:
    try:
        passed = _holds(condition, event, budget)
        found = event.look_up(condition.field, budget)
    except Spent:
        return ConditionResult(condition, passed=False, tried=False)
    return ConditionResult(condition, passed, bool(found), found[0] if len(found) == 1 else found)


def _holds(condition: Condition, event: View, budget: Budget) -> bool:
    """Whether it holds for one value at its field; for a negated operator, for none of them."""
    operator, value = OPERATORS[condition.operator], condition.value
    budget.pay(COST)
    found = event.look_up(condition.field, budget)
    for actual in found:
        if operator.cost is not None:
            budget.pay(operator.cost(actual, value))
        if operator.holds(actual, value):
            return not operator.negated
    return operator.negated


def _parse(index: int, raw: object) -> Condition:
    if not isinstance(raw, Mapping):
        raise InvalidCondition(
            index, "field", "A condition must have a field, an operator and a value."
        )
    for member in raw.keys() - MEMBERS:
        raise InvalidCondition(index, str(member), "A condition has no member of this name.")
    field, name, value = raw.get("field"), raw.get("operator"), raw.get("value")
    if not isinstance(field, str) or not is_path(field):
        raise InvalidCondition(index, "field", "Name a field, such as `data.email`.")
    if not isinstance(name, str) or name not in OPERATORS:
        known = ", ".join(OPERATORS)
        raise InvalidCondition(index, "operator", f"The operator must be one of: {known}.")
    if name in VALUELESS:
        return Condition(field, name)
    return Condition(field, name, _checked_value(index, name, OPERATORS[name], value))


def _checked_value(index: int, name: str, operator: Operator, value: object) -> object:
    if operator.takes_list:
        return _checked_choices(index, value)
    if not _is_scalar(value):
        raise InvalidCondition(index, "value", "The value must be a text, a number, true or false.")
    if name == "matches":
        _check_pattern(index, value)
    return value


def _checked_choices(index: int, value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_CHOICES:
        raise InvalidCondition(index, "value", f"Give a list of 1 to {MOST_CHOICES} values.")
    if not all(_is_scalar(one) for one in value):
        raise InvalidCondition(
            index, "value", "Each value must be a text, a number, true or false."
        )
    return tuple(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_VALUE and "\0" not in value
    return isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)


def _check_pattern(index: int, value: object) -> None:
    if not isinstance(value, str) or len(value) > LONGEST_PATTERN:
        reason = f"The pattern must be a text of at most {LONGEST_PATTERN} characters."
        raise InvalidCondition(index, "value", reason)
    try:
        compile_pattern(value)
    except re2.error as error:
        raise InvalidCondition(
            index, "value", f"This is not a valid pattern (RE2): {_reason(error)}."
        ) from error


def _reason(error: re2.error) -> str:
    reason = error.args[0]
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
