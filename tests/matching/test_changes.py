"""What changed: examples, and laws that hold for any two JSON objects."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.matching.changes import (
    ALL,
    LONGEST,
    MOST,
    changed_paths,
    concerns,
    object_type,
    update_of,
)

BEFORE = {
    "id": "cus_1",
    "stage": "trial",
    "owner": {"name": "Ada", "email": "ada@example.com"},
    "tags": ["a", "b"],
    "items": [{"sku": 1}, {"sku": 2}],
    "vip": True,
    "note": None,
}


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        ({}, ()),
        ({"stage": "live"}, ("stage",)),
        ({"owner": {"name": "Ada", "email": "a@example.com"}}, ("owner.email",)),
        ({"owner": {"name": "Ada"}}, ("owner.email",)),
        ({"owner": None}, ("owner.name", "owner.email")),
        ({"owner": "Ada"}, ("owner.name", "owner.email")),
        ({"tags": ["a"]}, ("tags.1",)),
        ({"tags": []}, ("tags.0", "tags.1")),
        ({"items": [{"sku": 1}, {"sku": 3}]}, ("items.1.sku",)),
        ({"vip": 1}, ("vip",)),
        ({"note": {}}, ("note",)),
        ({"new": 0}, ("new",)),
        ({"data": {"x": 1}}, ("data.data.x",)),
    ],
)
def test_the_deepest_places_that_differ_are_named(
    after: dict[str, Any], changed: tuple[str, ...]
) -> None:
    assert changed_paths(BEFORE, BEFORE | after) == changed


def test_something_that_disappeared_changed() -> None:
    assert changed_paths({"a": 1, "b": {"c": 2}}, {"a": 1}) == ("b.c",)


@pytest.mark.parametrize(
    ("field", "changed", "held"),
    [
        ("stage", ["stage"], True),
        ("data.stage", ["stage"], True),
        ("stage", ["data.stage"], True),
        ("customer.stage", ["stage"], True),
        ("stage", ["customer.stage"], True),
        ("owner", ["owner.email"], True),
        ("owner.email", ["owner"], True),
        ("owner.email", ["owner.name"], False),
        ("stage", ["stages"], False),
        ("stage", [], False),
        ("stage", ["data"], True),
        ("data", ["anything"], True),
        ("data", [], False),
        ("x", ["data.data.x"], False),
        ("data.data.x", ["data.data.x"], True),
    ],
)
def test_a_field_is_concerned_by_what_is_on_its_way(
    field: str, changed: list[str], held: bool
) -> None:
    assert concerns([field], changed, "customer") is held
    assert concerns(["nothing.of.it", field], changed, "customer") is held


def test_what_nobody_knows_may_all_have_changed() -> None:
    assert concerns(["stage"], None, "customer")


def test_updates_are_followed_from_the_beginning_of_an_object() -> None:
    for name in ("lead.updated", "lead.created", "lead.captured"):
        assert update_of(name) == "lead.updated"
    assert update_of("customer.at_risk") is None
    assert object_type("room.recording.updated") == "room.recording"


def test_of_very_many_only_the_names_at_the_top_are_kept() -> None:
    items = [{"sku": n} for n in range(200)]
    changed = changed_paths({"items": items, "a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 1})
    assert changed == ("items", "a")
    assert changed_paths({}, {str(n): n for n in range(MOST)}) == tuple(map(str, range(MOST)))
    assert changed_paths({}, {str(n): n for n in range(MOST + 1)}) == (ALL,)


def test_a_path_too_long_is_cut_short() -> None:
    assert changed_paths({}, {"a": {"b" * LONGEST: 1}}) == ("a",)
    assert changed_paths({}, {"a" * LONGEST: 1}) == (ALL,)


NAMES = st.sampled_from(["a", "b", "data", "customer", "0", ""]) | st.text(max_size=3).filter(
    lambda name: "." not in name
)
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


def plain(value: Any) -> Any:
    """Equal exactly when two JSON values are equal: in Python, 1 equals True."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return (isinstance(value, bool), value)


def at(value: Any, steps: tuple[Any, ...]) -> Any:
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    return plain(value)


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for step, child in inner if isinstance(value, dict | list) else ():
        found.append((*above, step))
        if isinstance(child, dict | list):
            found += places(child, (*above, step))
    return found


@given(OBJECTS, OBJECTS)
def test_nothing_changed_exactly_when_they_are_equal(before: Any, after: Any) -> None:
    assert (changed_paths(before, after) == ()) is (plain(before) == plain(after))


@given(OBJECTS, OBJECTS)
def test_it_is_the_same_in_both_directions(before: Any, after: Any) -> None:
    assert set(changed_paths(before, after)) == set(changed_paths(after, before))


@given(OBJECTS, OBJECTS)
def test_a_field_that_changed_is_always_told_and_one_that_stayed_never(
    before: Any, after: Any
) -> None:
    changed = changed_paths(before, after)
    all_places = set(places(before) + places(after))
    fields = {".".join(["data", *map(str, place)]): place for place in all_places}
    for field, place in fields.items():
        told = concerns([field], changed, "no_such_object")
        if at(before, place) != at(after, place):
            assert told
        elif len(fields) == len(
            all_places
        ):  # otherwise a list has become an object, and one name means two
            assert not told


@given(OBJECTS, OBJECTS)
def test_what_is_found_can_be_stored_and_is_bounded(before: Any, after: Any) -> None:
    changed = changed_paths(before, after)
    assert len(changed) == len(set(changed)) <= MOST
    assert all(len(path) <= LONGEST for path in changed)
    assert orjson.loads(orjson.dumps(changed)) == list(changed)


@given(OBJECTS, st.lists(st.text(), max_size=5), st.lists(st.text(), max_size=5), NAMES)
def test_any_texts_can_be_asked(after: Any, fields: Any, changed: Any, name: str) -> None:
    assert concerns(fields, changed, name) in (True, False)
