"""Walks over an index in its order, whatever else the rows have.

For the newest rows of an organisation, PostgreSQL may walk all rows of a table by their ids, since
it expects those of the organisation to be evenly spread. If the organisation has been quiet lately,
the walk passes the rows of all others. So it is also sorted by the first column of the right index.
PostgreSQL leaves out a column that equals one value, but not one that equals any of an array.
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
