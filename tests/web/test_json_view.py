"""JSON as it is shown: unchanged, and never markup."""

import json
import re
from html import unescape
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webhooks_app.web.json_view import LARGEST, MOST_LINES, shown

OURS = re.compile(r'</?(div|span|details|summary)( open)?( class="\w+")?>')
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@given(values)
def test_what_is_shown_is_what_came(value: Any) -> None:
    body = json.dumps(value, allow_nan=False)
    assert json.loads(text_of(shown(body.encode()))) == value


def test_numbers_are_shown_as_they_came() -> None:
    said = shown(b'{"n":1.10,"e":1E400,"big":12345678901234567890123}')
    for number in ("1.10", "1E400", "12345678901234567890123"):
        assert f'<span class="n">{number}</span>' in said


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_nothing_in_it_is_markup(text: str) -> None:
    for body in (text.encode(errors="replace"), json.dumps({text: [text]}).encode()):
        tags = set(re.findall(r"<[^>]*>", shown(body)))
        assert all(
            re.fullmatch(r'</?(div|span|details|summary)( open)?( class="\w+")?>', t) for t in tags
        )


def test_objects_and_lists_fold_but_not_empty_ones() -> None:
    said = shown(b'{"a":{"b":[1]},"c":{},"d":[]}')
    assert said.count("<details") == said.count("</details>") == 3


def test_what_is_too_large_to_fold_is_text() -> None:
    many = json.dumps(list(range(MOST_LINES))).encode()
    large = json.dumps({"a": "x" * LARGEST}).encode()
    for body in (many, large, b"{broken", b"plain"):
        assert "<details" not in shown(body)
    assert text_of(shown(large)).startswith('{"a": "xxx')
