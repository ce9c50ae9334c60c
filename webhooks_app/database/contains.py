"""Search for a text inside of columns."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import SQLColumnExpression
from sqlalchemy.sql.functions import FunctionElement

# What encoders of JSON escape: some do so for HTML, some for all that is not ASCII.
ESCAPED = re.compile(r"""[^ -~]|["&'+/<=>\\`]""")
SHORT = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", '"': '"', "/": "/", "\\": "\\"}


class _Lowered(FunctionElement[str]):
    """With the letters A to Z in lower case, which takes a fraction of the time that all letters
    of the world take."""

    type = String()
    inherit_cache = True


class _Fits(FunctionElement[bool]):
    """Whether a pattern is somewhere in a column."""

    inherit_cache = True


class _Place(FunctionElement[int]):
    """Where bytes begin in a column of bytes, 0 for nowhere."""

    inherit_cache = True


@compiles(_Lowered)
def _lowered(element: Any, compiler: Any, **kw: Any) -> str:
    return f"lower({compiler.process(element.clauses, **kw)})"


@compiles(_Lowered, "postgresql")
def _lowered_by_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)} COLLATE "C")'


@compiles(_Fits)
def _fits(element: Any, compiler: Any, **kw: Any) -> str:
    return f"fits({compiler.process(element.clauses, **kw)})"


@compiles(_Fits, "postgresql")
def _fits_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, pattern = (compiler.process(one, **kw) for one in element.clauses)
    return f'({column} COLLATE "C" ~ {pattern})'


@compiles(_Place)
def _place(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(_Place, "postgresql")
def _place_by_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, wanted = (compiler.process(one, **kw) for one in element.clauses)
    return f"position({wanted} in {column})"


def holds(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """Whether the text is in the column, in upper or lower case. Nothing in it is a wildcard."""
    if text.isascii():
        return _Lowered(column).contains(text.lower(), autoescape=True)
    return _Fits(column, "".join(_either(char) for char in text))


def holds_in_json(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """Whether a column of JSON has the text, also where it is escaped there (`\\u00eb`, `\\/`)."""
    if not ESCAPED.search(text):
        return holds(column, text)
    return _Fits(column, "".join(_either(char, escaped=True) for char in text))


def holds_bytes(column: SQLColumnExpression[bytes], wanted: bytes) -> ColumnElement[bool]:
    """Whether these bytes are in the column, exactly as they are."""
    return _Place(column, literal(wanted, LargeBinary)) > 0


def _either(char: str, escaped: bool = False) -> str:
    """A pattern for the character in upper and lower case, understood by PostgreSQL and RE2."""
    cases = sorted({one for one in (char, char.lower(), char.upper()) if len(one) == 1})
    ways = [re.escape(one) for one in cases]
    if escaped and ESCAPED.match(char):
        ways += [way for one in cases for way in _escapes(one)]
    return f"(?:{'|'.join(ways)})"


def _escapes(char: str) -> Iterator[str]:
    if char in SHORT:
        yield re.escape(f"\\{SHORT[char]}")
    units = char.encode("utf-16-be", "surrogatepass").hex()
    digits = [f"[{one}{one.upper()}]" if one.isalpha() else one for one in units]
    yield "".join(rf"\\u{''.join(digits[at : at + 4])}" for at in range(0, len(digits), 4))
