"""Keyset paging: a page of rows by descending id, and where the next one starts."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from webhooks_app.lib.ids import made_at

DEFAULT_SIZE = 50
LARGEST_SIZE = 100

ROW_ID = re.compile("[a-z]+_[a-z0-9]+")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class PageBounds:
    """`size` rows with ids below `below`, or the newest if that is None."""

    size: int = DEFAULT_SIZE
    below: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`next_cursor` asks for the page after this one; None on the last.

    `searched` is how many rows were looked through, of a page that ends there and not because it is
    full.
    """

    rows: Sequence[Row]
    next_cursor: str | None
    searched: int | None = None

    @property
    def searched_back_to(self) -> datetime | None:
        """When the last row was made that was looked at. None on the last page."""
        return made_at(decode_cursor(self.next_cursor)) if self.next_cursor else None


def from_row(row_id: str) -> PageBounds:
    """The page that begins with that row: ids are as long as one another."""
    if not ROW_ID.fullmatch(row_id):
        raise ValueError("not a row")
    return PageBounds(below=f"{row_id}0")


def page_of(rows: Sequence[Row], ids: Sequence[str], size: int) -> Page[Row]:
    """The page from up to `size + 1` rows and their ids.

    The extra row shows that there are more.
    """
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], encode_cursor(ids[size - 1]))


def encode_cursor(row_id: str) -> str:
    """A cursor that is opaque to clients, so that its content may change."""
    return base64.urlsafe_b64encode(row_id.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The id in a cursor. Raises ValueError for anything that `encode_cursor` never made."""
    try:
        row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise ValueError("not a cursor") from error
    if not ROW_ID.fullmatch(row_id) or encode_cursor(row_id) != cursor:
        raise ValueError("not a cursor")
    return row_id
