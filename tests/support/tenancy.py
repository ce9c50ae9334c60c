"""Watch every statement of the product: only `Model.of` may choose a tenant's rows.

`models.ownership` binds its values as `owner_…`. A comparison by hand, or by `filter_by`, is bound
as `organisation_id_1` or `mode_1`, which shows in the compiled SQL.
"""

import re
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

ROOT = Path(__file__).parents[2]
PRODUCT, TESTS = str(ROOT / "webhooks_app"), str(ROOT / "tests")
BY_HAND = re.compile(r"(organisation_id|mode)_\d+")

found: list[str] = []


def watch() -> None:
    event.listen(Engine, "before_cursor_execute", _look)


def _look(_c: object, _cursor: object, statement: str, _p: object, context: Any, _m: bool) -> None:
    binds = getattr(context.compiled, "binds", None) or {}
    if any(_is_by_hand(name, bind) for name, bind in binds.items()) and _is_ours():
        found.append(statement)


def _is_by_hand(name: str, bind: Any) -> bool:
    """A list of modes names all of them, so it separates no tenants."""
    return BY_HAND.fullmatch(name) is not None and not (bind.expanding and "mode" in name)


def _is_ours() -> bool:
    """Whether the product runs the statement, and not a test."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(PRODUCT):
            return True
        if file.startswith(TESTS) and not file.endswith("support/tenancy.py"):
            return False
        frame = frame.f_back
    return False
