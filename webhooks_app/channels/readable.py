"""Events in plain words, for mails and chat services.

The catalogue's titles are not used: they may change, and a retry must send the same bytes.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

LONGEST_LABEL = 80

Path = tuple[str, ...]

_decode = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str).decode

# Control characters, characters without width, and marks that change the direction of text.
INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff]+"
)


def title_of(event_type: str) -> str:
    """`Lead captured` for `lead.captured`."""
    return event_type.replace(".", " ").replace("_", " ").capitalize()


def flat(value: object, unnamed: str = "", most: int | None = None) -> Iterator[tuple[Path, str]]:
    """Paths and texts of what is not empty, with nested objects flattened.

    When the member `unnamed` is an object, its name is left out of paths: in `lead.captured`,
    `lead.email` is the e-mail. Of a list, the first `most` elements are used.
    """
    return _flat((), value, unnamed, most)


def label_of(path: Path) -> str:
    """`custom_fields.budget` and `customFields.budget` are "Custom fields budget"."""
    label = clean(" ".join(filter(None, map(_words, path))))
    return cut(label[:1].upper() + label[1:] or "Value", LONGEST_LABEL)


def as_written(data: bytes | str) -> Any:
    """The JSON in `data`, with numbers as they were written: 1.50 is a price, not a float."""
    return _decode(data if isinstance(data, str) else data.decode())


def value_in_words(value: object, most: int | None = None) -> str:
    """Empty for an empty value; of a list, the first `most` elements."""
    return clean(_text(value, most))


def clean(text: str) -> str:
    """The text without invisible characters and lone surrogates, which no chat service accepts."""
    return INVISIBLE.sub(" ", text.encode(errors="replace").decode()).strip()


def units(text: str) -> int:
    """Its length in UTF-16 units, which chat services count."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """The text cut to that many UTF-16 units, never inside a character."""
    if units(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", errors="ignore") + "…"


def _text(value: object, most: int | None) -> str:
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


def _flat(path: Path, value: object, unnamed: str, most: int | None) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            hidden = not path and key == unnamed and isinstance(inner, dict)
            below = () if hidden else (*path, key)
            yield from _flat(below, inner, unnamed, most)
    elif text := value_in_words(value, most):
        yield path, text


def _words(key: str) -> str:
    key = key[:LONGEST_LABEL]
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ").lower().strip()
