"""Header fields of e-mails as bytes. Nothing can break out of them.

Python's email package does not do the folding: it writes encoded words of 76 characters, one more
than RFC 2047 allows, and decodes text that only looks like an encoded word.
"""

import re
from collections.abc import Sequence
from email.charset import Charset
from email.utils import quote
from itertools import chain, repeat

LONGEST_LINE = 76  # RFC 2047 section 2
LONGEST_ENCODED = 75
LONGEST_PLAIN = 60
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")  # RFC 5322 section 3.2.3

_UTF8 = Charset("utf-8")


def text_header(name: str, text: str) -> bytes:
    """A header of free text. Raises ValueError when `text` has a line break."""
    if _is_plain(text):
        return _folded(name, text.split(" "))
    return _folded(name, _encoded(text, len(name)))


def address_header(name: str, *mailboxes: tuple[str, str]) -> bytes:
    """A header of mailboxes: each a display name, which may be empty, and an ASCII address.

    Raises ValueError when a name has a line break, or an address is more than an address.
    """
    last = len(mailboxes) - 1
    parts: list[str] = []
    for index, (display, address) in enumerate(mailboxes):
        if not address.isascii() or not address.isprintable() or " " in address:
            raise ValueError(f"{name} cannot be a header: it has a line break or is not ASCII.")
        written = f"<{address}>" if display else address
        parts += [*_phrase(display, len(name)), f"{written}{',' if index < last else ''}"]
    return _folded(name, parts)


def ascii_header(name: str, value: str) -> bytes:
    """An unchanged header on one line. Raises ValueError for anything but visible ASCII."""
    if not value.isascii() or not value.isprintable():
        raise ValueError(f"{name} cannot be a header: it has a line break or is not ASCII.")
    return f"{name}: {value}\r\n".encode()


def _phrase(display: str, taken: int) -> list[str]:
    if not display:
        return []
    if not _is_plain(display) or len(display) > LONGEST_PLAIN:
        return _encoded(display, taken)
    return [display] if ATOMS.fullmatch(display) else [f'"{quote(display)}"']


def _is_plain(text: str) -> bool:
    """Whether the text can stay unencoded and be folded at its spaces.

    Text with `=?` cannot: readers would decode it.
    """
    printable = text.isascii() and text.isprintable() and "=?" not in text
    return printable and all(0 < len(word) <= LONGEST_PLAIN for word in text.split(" "))


def _encoded(text: str, taken: int) -> list[str]:
    """Encoded words in UTF-8, each with whole characters only."""
    if "\n" in text or "\r" in text:
        raise ValueError("A header cannot have a line break.")
    lengths = chain([LONGEST_ENCODED - taken - 2], repeat(LONGEST_ENCODED))
    storable = text.encode(errors="replace").decode()
    return [word for word in _UTF8.header_encode_lines(storable, lengths) if word]


def _folded(name: str, words: Sequence[str]) -> bytes:
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LONGEST_LINE and lines != [f"{name}:"]:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join([*lines, ""]).encode("ascii")
