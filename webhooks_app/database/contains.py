"""Search for a text inside of columns."""

import json
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, String, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import SQLColumnExpression
from sqlalchemy.sql.functions import FunctionElement


class _Lowered(FunctionElement[str]):
    """With the letters A to Z in lower case, which takes a fraction of the time that all letters
    of the world take."""

    type = String()
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
    return column.icontains(text, autoescape=True)


def holds_in_json(column: SQLColumnExpression[Any], text: str) -> ColumnElement[bool]:
    """Whether a column of JSON has the text, also where it is escaped there (`\\u00eb`)."""
    escaped = (json.dumps(text, ensure_ascii=one)[1:-1] for one in (False, True))
    return or_(*(holds(column, way) for way in dict.fromkeys((text, *escaped))))


def holds_bytes(column: SQLColumnExpression[bytes], wanted: bytes) -> ColumnElement[bool]:
    """Whether these bytes are in the column, exactly as they are."""
    return _Place(column, literal(wanted, LargeBinary)) > 0
