"""The longest allowed request body of each view. The web server asks before it reads a body."""

from collections.abc import Callable
from typing import TypeVar

KIB, MIB = 1024, 1024 * 1024

LITTLE = 16 * KIB  # every view without its own limit, so everything that strangers reach
FORM = MIB  # pages behind the log-in, and most of the API
BATCH = 64 * MIB  # many events or messages at once

View = TypeVar("View", bound=Callable[..., object])


def takes(most: int) -> Callable[[View], View]:
    """For a view that accepts bodies of up to `most` bytes. A longer one gets a 413."""

    def mark(view: View) -> View:
        view.largest_body = most  # type: ignore[attr-defined]
        return view

    return mark


def largest_body(view: Callable[..., object] | None) -> int:
    return getattr(view, "largest_body", LITTLE)
