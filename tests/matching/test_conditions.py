"""Conditions: each operator by example, and laws that hold for any JSON."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.matching.budget import Budget, Spent
from webhooks_app.matching.conditions import (
    InvalidCondition,
    evaluate,
    explain,
    parse_conditions,
)
from webhooks_app.matching.operators import (
    LARGEST_PROGRAM,
    LONGEST_SEARCHED,
    OPERATORS,
    compile_pattern,
)
from webhooks_app.matching.paths import escaped, steps_of
from webhooks_app.matching.view import View
from webhooks_app.vocabulary import Match

LEAD = {
    "id": "src_1",
    "type": "lead.captured",
    "timestamp": "2026-03-02T10:00:00.000Z",
    "subject": {"type": "chatbot", "id": "bot_1"},
    "data": {
        "name": "Ada",
        "email": "Ada@Example.com",
        "score": 42,
        "price": "19.90",
        "vip": True,
        "note": "",
        "nothing": None,
        "tags": ["New", "eu", 7],
        "company": {"name": "Example Ltd", "seats": [10, 20]},
        "due": "2026-03-02T12:00:00+02:00",
        "lead": {"source": "web"},
        "long": 9007199254740993,  # as a float it would be one less
    },
}


def holds(field: str, operator: str, value: Any = None, event: Any = None) -> bool:
    raw = [{"field": field, "operator": operator, "value": value}]
    view = View(LEAD if event is None else event)
    return evaluate(parse_conditions(raw), Match.ALL, view, Budget())


def look_up(path: str, event: Any) -> list[Any]:
    return View(event).look_up(path, Budget())


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("email", "exists", None, True),
        ("data.email", "exists", None, True),
        ("lead.email", "exists", None, True),
        ("phone", "exists", None, False),
        ("note", "exists", None, False),
        ("nothing", "exists", None, False),
        ("vip", "exists", None, True),
        ("phone", "not_exists", None, True),
        ("note", "not_exists", None, True),
        ("email", "not_exists", None, False),
        ("name", "equals", "Ada", True),
        ("name", "equals", "ada", False),
        ("score", "equals", 42, True),
        ("score", "equals", "42", True),
        ("score", "equals", 42.0, True),
        ("price", "equals", 19.9, True),
        ("price", "equals", "19.90", True),
        ("vip", "equals", True, True),
        ("vip", "equals", "true", True),
        ("vip", "equals", 1, False),
        ("phone", "equals", "x", False),
        ("phone", "not_equals", "x", True),
        ("name", "not_equals", "Ada", False),
        ("email", "contains", "EXAMPLE", True),
        ("tags", "contains", "eu", True),
        ("tags", "contains", "EU", False),
        ("tags", "contains", 7, True),
        ("score", "contains", "4", True),
        ("company", "contains", "Example", False),
        ("email", "starts_with", "ada@", True),
        ("email", "ends_with", ".COM", True),
        ("email", "ends_with", ".org", False),
        ("name", "one_of", ["Bob", "Ada"], True),
        ("score", "one_of", ["41", "42"], True),
        ("score", "equals", " 42 ", True),
        ("score", "equals", "+42.0", True),
        ("score", "equals", "4_2", False),
        ("score", "equals", "４２", False),
        ("score", "less_than", "Infinity", False),
        ("score", "less_than", "1e999", False),
        ("score", "greater_than", "-inf", False),
        ("score", "not_equals", "NaN", True),
        ("name", "one_of", ["Bob"], False),
        ("phone", "one_of", ["x"], False),
        ("score", "greater_than", 41, True),
        ("score", "greater_than", "41.5", True),
        ("score", "greater_than", 42, False),
        ("score", "less_than", 43, True),
        ("price", "less_than", 20, True),
        ("name", "greater_than", 1, False),
        ("due", "greater_than", "2026-03-02T09:59:59Z", True),
        ("due", "less_than", "2026-03-02T10:00:01Z", True),
        ("due", "less_than", "2026-03-02t10:00:01z", True),
        ("due", "less_than", "2026-03-02T10:00:01", True),
        ("due", "greater_than", "2026-03-02T10:00:01", False),
        ("long", "equals", "9007199254740993", True),
        ("long", "equals", "9007199254740992", False),
        ("long", "greater_than", "9007199254740992", True),
        ("due", "greater_than", "2026-03-02t10:00:01.123456789z", False),
        ("vip", "greater_than", 0, False),
        ("email", "matches", r"^\w+@Example\.com$", True),
        ("email", "matches", r"(?i)^ada@example", True),
        ("email", "matches", r"^x", False),
        ("score", "matches", r"42", False),
        ("company.name", "equals", "Example Ltd", True),
        ("company.seats.1", "equals", 20, True),
        ("company.seats.2", "exists", None, False),
        ("lead.source", "equals", "web", True),
        ("subject.id", "equals", "bot_1", True),
        ("type", "equals", "lead.captured", True),
        ("id", "equals", "src_1", True),
        ("timestamp", "less_than", "2027-01-01T00:00:00Z", True),
    ],
)
def test_an_operator_by_example(field: str, operator: str, value: Any, expected: bool) -> None:
    assert holds(field, operator, value) is expected


def test_all_or_any() -> None:
    conditions = parse_conditions(
        [
            {"field": "name", "operator": "equals", "value": "Ada"},
            {"field": "name", "operator": "equals", "value": "Bob"},
        ]
    )
    assert not evaluate(conditions, Match.ALL, View(LEAD), Budget())
    assert evaluate(conditions, Match.ANY, View(LEAD), Budget())
    assert evaluate((), Match.ALL, View(LEAD), Budget())
    assert evaluate((), Match.ANY, View(LEAD), Budget())


def test_an_explanation_shows_what_was_found_and_how_it_was_judged() -> None:
    conditions = parse_conditions(
        [
            {"field": "score", "operator": "greater_than", "value": 50},
            {"field": "phone", "operator": "not_exists"},
        ]
    )
    explained = explain(conditions, Match.ALL, View(LEAD), Budget())
    first, second = explained.judged
    assert not explained.passed
    assert (first.passed, first.found, first.actual) == (False, True, 42)
    assert (second.passed, second.found) == (True, False)


@pytest.mark.parametrize(
    ("raw", "member"),
    [
        ("text", "field"),
        ({}, "field"),
        ([5], "field"),
        ([{}], "field"),
        ([{"field": "", "operator": "exists"}], "field"),
        ([{"field": "a..b", "operator": "exists"}], "field"),
        ([{"field": ".a", "operator": "exists"}], "field"),
        ([{"field": "x" * 201, "operator": "exists"}], "field"),
        ([{"field": "a", "operator": "like", "value": "x"}], "operator"),
        ([{"field": "a", "operator": None}], "operator"),
        ([{"field": "a", "operator": "equals"}], "value"),
        ([{"field": "a", "operator": "equals", "value": {}}], "value"),
        ([{"field": "a", "operator": "equals", "value": ""}], "value"),
        ([{"field": "a", "operator": "equals", "value": 2**63}], "value"),
        ([{"field": "a", "operator": "equals", "value": "a\0b"}], "value"),
        ([{"field": "a\0b", "operator": "exists"}], "field"),
        ([{"field": "a", "operator": "exists", "also": 1}], "also"),
        ([{"field": "a", "operator": "contains", "value": "x" * 1001}], "value"),
        ([{"field": "a", "operator": "one_of", "value": "x"}], "value"),
        ([{"field": "a", "operator": "one_of", "value": []}], "value"),
        ([{"field": "a", "operator": "one_of", "value": ["x"] * 101}], "value"),
        ([{"field": "a", "operator": "one_of", "value": [None]}], "value"),
        ([{"field": "a", "operator": "matches", "value": "("}], "value"),
        ([{"field": "a", "operator": "matches", "value": r"(a)\1"}], "value"),
        ([{"field": "a", "operator": "matches", "value": "(x{1000}){1000}"}], "value"),
        ([{"field": "a", "operator": "matches", "value": 5}], "value"),
        ([{"field": "a", "operator": "matches", "value": "(a.{0,200}){2}Q0"}], "value"),
        ([{"field": "a", "operator": "exists"}] * 21, "field"),
        ([{"field": "a", "operator": "equals", "value": "x" * 1001}], "value"),
        ([{"field": "a", "operator": "one_of", "value": ["x", {}]}], "value"),
        ([{"field": "a", "operator": "matches", "value": "x" * 501}], "value"),
    ],
)
def test_what_cannot_be_used_is_named(raw: Any, member: str) -> None:
    with pytest.raises(InvalidCondition) as raised:
        parse_conditions(raw)
    assert raised.value.member == member


@pytest.mark.parametrize(
    "raw",
    [
        [{"field": "a", "operator": "exists"}] * 20,
        [{"field": "a", "operator": "equals", "value": "x" * 1000}],
        [{"field": "a", "operator": "one_of", "value": ["x"] * 100}],
        [{"field": "a", "operator": "matches", "value": "x" * 500}],
    ],
    ids=["conditions", "value", "choices", "pattern"],
)
def test_as_much_as_is_allowed_is_taken_and_read_back(raw: Any) -> None:
    conditions = parse_conditions(raw)
    assert [one.as_json() for one in conditions] == raw


@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?<x"])
def test_a_pattern_that_is_none_says_why(pattern: str) -> None:
    with pytest.raises(InvalidCondition, match=r"RE2\): [a-z].{5,}\.$"):
        parse_conditions([{"field": "a", "operator": "matches", "value": pattern}])


def test_no_pattern_and_no_text_take_long() -> None:
    """A backtracking engine would never finish."""
    event = LEAD | {"data": {"text": "a" * 200_000 + "!"}}
    start = time.process_time()
    assert not holds("text", "matches", r"^(a+)+$", event)
    assert time.process_time() - start < 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
INTEGERS = st.integers(-(2**63) + 1, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
SCALARS = st.booleans() | INTEGERS | st.floats(allow_nan=False) | TEXTS
PLAIN = [name for name in OPERATORS if name not in ("matches", "one_of")]


def events(data: Any) -> dict[str, Any]:
    return LEAD | {"data": data}


@given(st.dictionaries(st.text(), JSON), st.text(min_size=1), st.sampled_from(PLAIN), SCALARS)
def test_any_condition_has_an_answer_for_any_event(
    data: dict[str, Any], field: str, operator: str, value: Any
) -> None:
    raw = [{"field": field, "operator": operator, "value": value}]
    try:
        conditions = parse_conditions(raw)
    except InvalidCondition:
        return
    for match in Match:
        answer = evaluate(conditions, match, View(events(data)), Budget())
        assert answer is explain(conditions, match, View(events(data)), Budget()).passed


@given(JSON, SCALARS)
def test_a_negation_is_the_opposite(actual: Any, value: Any) -> None:
    event = events({"f": actual})
    assert holds("f", "equals", value, event) is not holds("f", "not_equals", value, event)
    assert holds("f", "exists", None, event) is not holds("f", "not_exists", None, event)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False), INTEGERS)
def test_numbers_have_one_order(actual: float, value: int) -> None:
    event = events({"f": actual})
    answers = [holds("f", name, value, event) for name in ("greater_than", "equals", "less_than")]
    assert answers.count(True) == 1


@given(SCALARS.filter(lambda value: not isinstance(value, str) or value.strip() == value))
def test_what_equals_is_also_one_of(value: Any) -> None:
    event = events({"f": value})
    assert holds("f", "equals", value, event)
    assert holds("f", "one_of", ["zzz", value], event)


@given(st.text(), TEXTS, st.text())
def test_parts_of_a_text_are_found(before: str, part: str, after: str) -> None:
    event = events({"f": before + part + after})
    if part.casefold() in (before + part + after).casefold():
        assert holds("f", "contains", part, event)
    assert holds("f", "starts_with", part, events({"f": part + after}))
    assert holds("f", "ends_with", part, events({"f": before + part}))


@given(st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), JSON, min_size=1))
def test_a_path_with_or_without_data_means_the_same(data: dict[str, Any]) -> None:
    for name in data.keys() - {"id", "type", "timestamp", "subject", "data"}:
        assert look_up(name, events(data)) == look_up(f"data.{name}", events(data))
        assert look_up(name, events(data)) == [data[name]]


ITEMS = {
    "tags": [{"name": "New"}, {"name": "eu", "on": {"by": ["Ada", "Bob"]}}, "text", {"name": None}],
    "fields": {"System.State": "Ready", "System": {"Id": 7}},
    "utm.source": "mail",
    "a": {"b": 1},
    "a.b": 2,
    "a\\b": 3,
    "matrix": [[{"n": 1}], [{"n": 2}]],
    "id": "of the data",
    "type": "of the data",
}


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("tags.name", "equals", "eu", True),
        ("tags.name", "equals", "us", False),
        ("tags.name", "not_equals", "eu", False),
        ("tags.name", "not_equals", "us", True),
        ("tags.name", "exists", None, True),
        ("tags.name", "not_exists", None, False),
        ("tags.nick", "not_exists", None, True),
        ("tags.1.name", "equals", "eu", True),
        ("tags.0.name", "equals", "eu", False),
        ("tags.on.by", "contains", "Bob", True),
        ("tags.on.by.0", "equals", "Ada", True),
        ("matrix.n", "equals", 2, True),
        ("matrix.0.n", "equals", 2, False),
        ("fields.System.State", "equals", "Ready", True),
        ("fields.System.Id", "equals", 7, True),
        (r"fields.System\.State", "equals", "Ready", True),
        (r"fields.System\.Id", "exists", None, False),
        ("utm.source", "equals", "mail", True),
        ("data.utm.source", "equals", "mail", True),
        ("lead.utm.source", "equals", "mail", True),
        ("a.b", "equals", 1, True),
        (r"a\.b", "equals", 2, True),
        (r"a\\b", "equals", 3, True),
        ("id", "equals", "src_1", True),
        ("data.id", "equals", "of the data", True),
        ("data.type", "equals", "of the data", True),
    ],
)
def test_a_path_reaches_keys_with_dots_and_any_element_of_a_list(
    field: str, operator: str, value: Any, expected: bool
) -> None:
    assert holds(field, operator, value, events(ITEMS)) is expected


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=9))
def test_every_member_of_an_object_has_a_path(data: Any) -> None:
    """Except those without a name: a step cannot be empty."""

    def check(steps: tuple[str, ...], value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key:
                    check((*steps, key), inner)
        elif steps:
            path = ".".join(map(escaped, ("data", *steps)))
            assert steps_of(path) == ("data", *steps)
            assert look_up(path, events(data)) == [value]

    check((), data)


def test_what_the_budget_cannot_pay_is_not_tried_and_cheaper_ones_are() -> None:
    event = View(events({"long": "x" * 10_000, "short": "ab"}))
    raw = [
        {"field": "long", "operator": "matches", "value": "a"},
        {"field": "short", "operator": "equals", "value": "ab"},
    ]
    conditions, budget = parse_conditions(raw), 1000
    explained = explain(conditions, Match.ANY, event, Budget(budget))
    assert explained.passed
    assert [(one.tried, one.passed) for one in explained.judged] == [(False, False), (True, True)]
    assert evaluate(conditions, Match.ANY, event, Budget(budget))
    with pytest.raises(Spent):
        evaluate(conditions, Match.ALL, event, Budget(budget))
    assert not explain(conditions, Match.ALL, event, Budget(budget)).passed


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        ({"f": "x" * 9999}, {"field": "f", "operator": "matches", "value": "y"}),
        ({"f": "x" * 9999}, {"field": "f", "operator": "contains", "value": "y"}),
        ({"f": "x" * 9999}, {"field": "f", "operator": "ends_with", "value": "y"}),
        ({"f": [1] * 999}, {"field": "f", "operator": "contains", "value": 2}),
        ({"f": [{}] * 999}, {"field": "f.g", "operator": "exists"}),
        ({"f": [{"g": 1}] * 99}, {"field": "f.g", "operator": "one_of", "value": [2] * 99}),
    ],
)
def test_all_that_takes_long_is_counted(data: Any, condition: Any) -> None:
    conditions = parse_conditions([condition])
    with pytest.raises(Spent):
        evaluate(conditions, Match.ALL, View(events(data)), Budget(5000))
    assert evaluate(conditions, Match.ALL, View(events(data)), Budget()) is not None


def test_a_pattern_looks_at_the_beginning_of_a_long_text() -> None:
    text = "a" * LONGEST_SEARCHED
    assert holds("f", "matches", "b", events({"f": text[1:] + "b"}))
    assert not holds("f", "matches", "b", events({"f": text + "b"}))
    assert holds("f", "matches", "^a+$", events({"f": text}))
    assert not holds("f", "matches", "^a+$", events({"f": text + "b"}))


def test_a_pattern_costs_more_when_its_program_is_larger() -> None:
    small, large = compile_pattern("abc"), compile_pattern("a.{0,80}b")
    assert 0 < small.weight < large.weight <= 4 + LARGEST_PROGRAM // 50
