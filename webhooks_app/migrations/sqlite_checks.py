"""Drop a CHECK constraint of a SQLite table without copying its rows.

SQLite keeps the definition of a table as text, and no row depends on its constraints. So the text
is changed, in the way that <https://www.sqlite.org/lang_altertable.html#otheralter> describes.
"""

import re
import sqlite3
from contextlib import closing

from alembic import op
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

DEFINITION = text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
CHANGE = text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table")


def drop_check(table: str, name: str) -> None:
    """Nothing if there is no such constraint."""
    definition = op.get_bind().scalar(DEFINITION, {"table": table})
    bare = without_check(definition, name)
    if bare == definition:
        return
    with closing(sqlite3.connect(":memory:")) as nowhere:
        nowhere.execute(bare)  # raises if it is wrong
    try:
        _define(table, bare)
    except OperationalError:  # some builds of SQLite forbid it
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(name, type_="check")


def without_check(definition: str, name: str) -> str:
    """The CREATE TABLE without that constraint."""
    found = re.search(rf",\s*CONSTRAINT {name} CHECK (?=\()", definition)
    if found is None:
        return definition
    depth, is_quoted = 0, False
    for place in range(found.end(), len(definition)):
        sign = definition[place]
        is_quoted ^= sign == "'"
        depth += 0 if is_quoted else (sign == "(") - (sign == ")")
        if not depth:
            return definition[: found.start()] + definition[place + 1 :]
    raise ValueError(f"the definition of {name} has no end")


def _define(table: str, definition: str) -> None:
    bind = op.get_bind()
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        bind.execute(CHANGE, {"table": table, "sql": definition})
        # Then all connections read the definitions again.
        bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    finally:
        bind.exec_driver_sql("PRAGMA writable_schema = OFF")
