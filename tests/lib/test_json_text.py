"""JSON that was cut off: what is read of it is what the whole says, as far as it goes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.lib.json_text import read_start

pytestmark = pytest.mark.whole  # many examples

scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


def goes_with(part: Any, whole: Any) -> bool:
    """Is the one the other, cut off somewhere?"""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and goes_with(value, whole[key]) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return len(part) <= len(whole) and all(map(goes_with, part, whole))
    if isinstance(whole, str) and isinstance(part, str):
        return whole.startswith(part)
    return bool(part == whole)


@given(st.dictionaries(st.text(), values, min_size=1), st.data())
def test_a_cut_object_says_nothing_else(whole: dict[str, Any], data: st.DataObject) -> None:
    text = msgspec.json.encode(whole).decode()
    start = read_start(text[: data.draw(st.integers(1, len(text)))])
    assert isinstance(start, dict)
    assert goes_with(start, whole)


@given(st.dictionaries(st.text(), values))
def test_what_is_whole_is_read_whole(whole: dict[str, Any]) -> None:
    assert read_start(msgspec.json.encode(whole).decode()) == whole


def test_all_that_came_before_the_cut_is_there() -> None:
    assert read_start('{"name":"Ada","tags":["a","b"],"note":"it goes on and') == {
        "name": "Ada",
        "tags": ["a", "b"],
        "note": "it goes on and",
    }


@pytest.mark.parametrize("text", ["", "nonsense", "}", "[}", '"'])
def test_what_is_no_json_says_nothing(text: str) -> None:
    assert not read_start(text)
