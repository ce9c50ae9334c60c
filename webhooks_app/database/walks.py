"""Walks over an index in its order, whatever else the rows have.

For the newest rows of an organisation, PostgreSQL may walk all rows of a table by their ids, since
it takes the organisation's for evenly spread. If it has been quiet lately, that passes the rows of
all others. So a walk is also sorted by the first column of the right index. A column that is equal
to a value counts as no order at all; one that is equal to any of an array does.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import SQLColumnExpression
from sqlalchemy.sql.functions import FunctionElement


class _Kept(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


@compiles(_Kept)
def _kept(element: Any, compiler: Any, **kw: Any) -> str:
    column, value = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = {value}"


@compiles(_Kept, "postgresql")
def _kept_by_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    column, value = (compiler.process(one, **kw) for one in element.clauses)
    return f"{column} = ANY (ARRAY[{value}])"


def kept_in_order(
    column: SQLColumnExpression[Any], value: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether the column has the value. Rows can still be sorted by it."""
    return _Kept(column, value)
