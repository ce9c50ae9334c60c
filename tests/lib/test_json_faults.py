"""Where a JSON text that a person typed is wrong, and how."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.events.fields import faults_of_data


def said(text: str) -> str:
    [fault] = faults_of_data(text.encode(errors="surrogatepass"))
    assert fault.at == "#/data"
    return fault.detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n  "name": "Ada"\n  "n": 1\n}', "Line 3, column 3: A comma is missing here."),
        (
            '{\n  "é": "Löwe", name: 1}',
            "Line 2, column 16: A name in double quotes is missing here.",
        ),
        ('{"a" 1}', "Line 1, column 6: A colon is missing here."),
        ('{"a": }', "Line 1, column 7: A value is missing here."),
        ('{"a": 1} x', "Line 1, column 10: The JSON has already ended here."),
        ('{"a": 1', "Line 1, column 8: The JSON ends too early."),
        ('{"a": {\n', "Line 2, column 1: The JSON ends too early."),
        ("", "Line 1, column 1: The JSON ends too early."),
        ('{"a": "b', "Line 1, column 7: The text that begins here has no closing quote."),
    ],
)
def test_a_fault_is_told_with_its_line_and_column(text: str, expected: str) -> None:
    assert said(text) == expected


@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=1), st.data())
def test_a_text_that_is_cut_anywhere_is_placed_inside_it(
    value: dict[str, int], data: st.DataObject
) -> None:
    whole = json.dumps(value, indent=1)
    text = whole[: data.draw(st.integers(0, len(whole) - 1))]
    line, column = map(int, said(text).removeprefix("Line ").split(":")[0].split(", column "))
    assert 1 <= line <= text.count("\n") + 1
    assert 1 <= column <= len(text.split("\n")[line - 1]) + 1


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', '{"a": "\\ud83d"}'])
def test_what_other_parsers_accept_is_refused_too(text: str) -> None:
    assert said(text)
