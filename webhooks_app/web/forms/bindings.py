"""How a form shows each member of a spec, and how it reads it back. Pure.

Text that comes back unchanged keeps the stored value, whatever else it could mean: a form that is
saved unchanged changes nothing.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec import UNSET, inspect, to_builtins

from webhooks_app.matching.operators import OPERATORS
from webhooks_app.subscriptions.spec import ConditionMembers, ScheduleMembers, Scope, Spec

BY_MAIL, SHOWN_ONLY = "mail", "dashboard"
CUSTOM, DOUBLING = "custom", "doubling"
EACH_EVENT = ""
LINE_END = re.compile(r"\r\n?|\n")
ADDRESS = re.compile(r"""(?:"[^"]*"|[^",;<>\n@])*<[^<>]*>|[^\s,;]+""")
WHOLE = re.compile(r"[0-9]{1,9}")

Shown = tuple[object, ...]
Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Binding:
    """A binding.

    `fields` of a form are in the order of what `show` returns and `read` takes. `show` gets a
    member's value, `read` returns JSON for it.
    """

    fields: tuple[str, ...]
    show: Callable[..., Shown]
    read: Callable[..., object]
    has_lines: bool = False

    def value(self, shown: Shown, stored: object = UNSET) -> object:
        """JSON for the submitted values `shown`, when `stored` was shown before."""
        if stored is not UNSET:
            before = self.show(stored)
            if posted(shown, self.has_lines) == posted(before, self.has_lines):
                return to_builtins(stored)
        return self.read(*shown)


def posted(shown: object, has_lines: bool = False) -> object:
    """The values as a browser sends them, without line ends around text and in any order."""
    if isinstance(shown, tuple):
        return tuple(posted(one, has_lines) for one in shown)
    if isinstance(shown, list):
        return sorted(map(str, shown))
    return "" if shown is None else LINE_END.sub("\n" if has_lines else "", str(shown))


def listed(text: str | None) -> list[str]:
    """The parts between commas."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def number(value: float) -> str:
    """The shortest text for the same number."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _number(text: str | None) -> object:
    """A number, None, or any other text for the spec to refuse."""
    text = (text or "").strip()
    try:
        return float(text) if text and math.isfinite(float(text)) else text or None
    except ValueError:
        return text


def _whole(text: str | None) -> object:
    text = (text or "").strip()
    return int(text) if WHOLE.fullmatch(text) else text or None


def key_and_value(line: str) -> dict[str, str]:
    """`name: value` lines, without empty ones."""
    name, _, value = line.partition(":")
    return {name.strip(): value.strip()} if line.strip() else {}


def _lines(text: str | None) -> dict[str, str]:
    return {k: v for line in (text or "").splitlines() for k, v in key_and_value(line).items()}


def _show_scope(scope: Scope | None) -> Shown:
    return (scope.type, scope.id) if scope else ("", "")


def _read_scope(type_: str | None, id_: str | None) -> object:
    return {"type": type_, "id": (id_ or "").strip()} if type_ else None


def _show_policy(policy: str | dict[str, Any]) -> Shown:
    if isinstance(policy, str):
        return policy, "", "", ""
    if "delays" in policy:
        return CUSTOM, ", ".join(map(number, policy["delays"])), "", ""
    return DOUBLING, "", str(policy["max_retries"]), str(policy["retry_delay_ms"])


def _read_policy(name: str, delays: str, most: str, base: str) -> object:
    if name == CUSTOM:
        return {"delays": [_number(part) for part in listed(delays)]}
    if name == DOUBLING:
        return {"max_retries": _whole(most), "retry_delay_ms": _whole(base)}
    return name


def _show_schedule(schedule: ScheduleMembers | None) -> Shown:
    if schedule is None:
        return EACH_EVENT, 9, 0, "", False
    zone = schedule.time_zone or ""
    return schedule.frequency.value, schedule.hour, schedule.weekday, zone, schedule.skip_empty


def read_schedule(
    frequency: str | None, hour: int, weekday: int, zone: str | None, skip_empty: bool
) -> Mapping[str, object] | None:
    if frequency in (None, EACH_EVENT):
        return None
    return {
        "frequency": frequency,
        "hour": hour,
        "weekday": weekday,
        "time_zone": zone or None,
        "skip_empty": bool(skip_empty),
    }


def show_condition(condition: ConditionMembers) -> Row:
    value = condition.value
    if isinstance(value, tuple):
        return condition.field, condition.operator, ", ".join(map(_text, value))
    return condition.field, condition.operator, "" if value is None else _text(value)


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)


def read_conditions(rows: Iterable[Row], stored: Sequence[ConditionMembers] = ()) -> list[object]:
    """JSON for the rows that name a field; an unchanged row keeps its stored value."""
    shown = {posted(show_condition(one)): one for one in stored}
    return [
        to_builtins(shown[key]) if (key := posted(row)) in shown else _read_condition(*row)
        for row in rows
    ]


def _read_condition(field: str, name: str, value: str) -> object:
    operator = OPERATORS.get(name)
    takes_list = operator is not None and operator.takes_list
    read = listed(value) if takes_list else value
    return {"field": field.strip(), "operator": name, "value": read}


Ways = tuple[Callable[..., Shown], Callable[..., object], bool]

TEXT: Ways = (
    lambda value: ("" if value is None else str(value),),
    lambda text: (text or "").strip(),
    False,
)
BY_TYPE: Mapping[type[inspect.Type], Ways] = {
    inspect.FloatType: (lambda value: ("" if value is None else number(value),), _number, False),
    inspect.DictType: (
        lambda pairs: ("\n".join(f"{name}: {value}" for name, value in pairs.items()),),
        _lines,
        True,
    ),
    inspect.VarTupleType: (lambda texts: (", ".join(texts),), listed, False),
}
SPECIAL: Mapping[str, Binding] = {
    "description": Binding(
        ("description",),
        lambda text: (text,),
        lambda text: LINE_END.sub("\n", text or ""),
        has_lines=True,
    ),
    "event_types": Binding(
        ("event_types",), lambda names: (list(names),), lambda names: list(names or ())
    ),
    "scope": Binding(("scope_type", "scope_id"), _show_scope, _read_scope),
    "retry_policy": Binding(
        ("retry_policy", "delays", "max_retries", "retry_delay_ms"), _show_policy, _read_policy
    ),
    "failure_mail": Binding(
        ("failure_notice",),
        lambda by_mail: (BY_MAIL if by_mail else SHOWN_ONLY,),
        lambda chosen: chosen == BY_MAIL,
    ),
    "email_to": Binding(
        ("email_to",),
        lambda addresses: ("\n".join(addresses),),
        lambda text: [one.strip() for one in ADDRESS.findall(text or "")],
        has_lines=True,
    ),
    "schedule": Binding(
        ("frequency", "hour", "weekday", "time_zone", "skip_empty"),
        _show_schedule,
        read_schedule,
    ),
}
APART = frozenset(("conditions", "enabled", "secret"))


@cache
def bindings(kind: type[Spec]) -> Mapping[str, Binding]:
    """The bindings of a kind's members that the form has fields for, by name."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return {
        field.name: SPECIAL.get(field.name)
        or Binding((field.name,), *BY_TYPE.get(type(_plain(field.type)), TEXT))
        for field in info.fields
        if field.name not in APART
    }


def _plain(type_: inspect.Type) -> inspect.Type:
    """A type without its bounds and words, and without None."""
    if isinstance(type_, inspect.Metadata):
        return _plain(type_.type)
    if isinstance(type_, inspect.UnionType):
        return _plain(next(one for one in type_.types if not isinstance(one, inspect.NoneType)))
    return type_
