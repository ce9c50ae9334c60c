"""What events hold as plain words, for mails and chat services alike."""

import json
import re
from typing import Any

# Controls, what has no width, and the marks that turn the direction of a text around.
INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff]+"
)


def as_written(data: bytes | str) -> Any:
    """The JSON in `data`, its numbers as they were written: 1.50 is a price, and no float."""
    return json.loads(data, parse_float=str, parse_int=str, parse_constant=str)


def value_in_words(value: Any, most: int | None = None) -> str:
    """Empty for what says nothing; of a list, `most` elements."""
    return clean(_text(value, most))


def clean(text: str) -> str:
    """On one line or several as it was, without what nobody sees, and without lone surrogates,
    which no chat service takes."""
    return INVISIBLE.sub(" ", text.encode(errors="replace").decode()).strip()


def units(text: str) -> int:
    """Its length in UTF-16, in which chat services count."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """At most that many UTF-16 units, without half a character at the end."""
    if units(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", errors="ignore") + "…"


def _text(value: Any, most: int | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "Yes" if value else "No"
        case list() if any(isinstance(one, dict | list) for one in value):
            return f"{len(value)} items" if len(value) > 1 else "1 item"
        case list():
            return ", ".join(filter(None, (value_in_words(one) for one in value[:most])))
        case _:
            return str(value)
