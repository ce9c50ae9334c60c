"""A text is found in JSON however its encoder escaped it, in upper and lower case."""

import json
import string
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from webhooks_app.database.contains import holds, holds_in_json
from webhooks_app.extensions import db

SHORT = {json.loads(f'"\\{one}"'): f"\\{one}" for one in '"\\/bfnrt'}
PLAIN = {*string.ascii_letters, *string.digits, *" !#$%()*,-.:;?@[]^_{|}~"}
CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CHARS | st.sampled_from("/\\\"'<>&=+`éÉßжЖ寿😀aK_% \n"), min_size=1, max_size=20)


def ways(char: str) -> list[str]:
    """How an encoder of JSON may write the character."""
    units = char.encode("utf-16-be").hex()
    parts = [units[at : at + 4] for at in range(0, len(units), 4)]
    escaped = ["".join(f"\\u{one}" for one in parts), "".join(f"\\u{one.upper()}" for one in parts)]
    plain = [char] if char >= " " and char not in '"\\' else []
    return plain if char in PLAIN else [*plain, *escaped, *([SHORT[char]] if char in SHORT else [])]


@st.composite
def written(draw: Callable[..., str]) -> tuple[str, str]:
    """A text, and a JSON string that has it."""
    before, text, after = draw(st.text(CHARS)), draw(TEXTS), draw(st.text(CHARS))
    inside = "".join(draw(st.sampled_from(ways(char))) for char in text)
    return text, f"{json.dumps(before)[:-1]}{inside}{json.dumps(after, ensure_ascii=False)[1:]}"


def found(value: str, text: str, how: Callable[..., object] = holds_in_json) -> bool:
    return bool(db.session.scalar(select(how(literal(value), text))))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=written())
def test_a_text_is_found_however_it_is_escaped(app: Flask, pair: tuple[str, str]) -> None:
    text, value = pair
    assert text in json.loads(value)
    assert found(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (r'{"url":"https:\/\/example.com\/x"}', "https://Example.com/x"),  # PHP
        (r'{"html":"\u003cb\u003e Q\u0026A"}', "<b> q&a"),  # Go, Rails
        (r'{"html":"\u003CB\u003E a\u002Bb"}', "<b> a+b"),  # .NET
        (r'{"name":"ZO\u00cb"}', "zoë"),
        (r'{"name":"zo\u00EB"}', "ZOË"),
        (r'{"name":"\ud83d\ude00 ok"}', "😀 OK"),
        ('{"name": "ЖУК"}', "жук"),
        ('{"name": "Zoë"}', '{"NAME": "zoë"}'),  # as the JSON is written
        (r'{"path":"C:\\temp"}', r"c:\temp"),
        (r'{"path":"C:\\temp"}', r"c:\\temp"),
    ],
)
def test_what_common_encoders_write_is_found(app: Flask, value: str, text: str) -> None:
    assert found(value, text)


@pytest.mark.parametrize(
    "text", ["zoé", "https:/example", "example_com", "a%b", "x/y", "(?:", "ë$"]
)
def test_nothing_else_is_found(app: Flask, text: str) -> None:
    assert not found(r'{"name":"zoë","url":"https:\/\/example.com\/x","y":"aab"}', text)


def test_all_letters_have_two_cases_outside_of_json(app: Flask) -> None:
    assert found("Café ŁÓDŹ", "café łódź", holds)
    assert not found(r"caf\u00e9", "café", holds)
    assert not db.session.scalar(select(holds(literal(None), "café")))


def test_a_run_of_backslashes_takes_no_time(app: Flask) -> None:
    assert not found(json.dumps("\\" * 100_000), "\\" * 150 + "X")
