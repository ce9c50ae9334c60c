"""Hookline: events in, signed and retried webhooks out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webhooks_app.factory import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> object:
    """Import `create_app` only when it is used: a supervisor does not need the whole app."""
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from webhooks_app.factory import create_app

    return create_app
