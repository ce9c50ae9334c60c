"""What people type: times, durations, members and files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class Since(click.ParamType[datetime]):
    """A time of the past: `2h`, `30m`, `7d`, or RFC 3339."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        if found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)", value.strip()):
            try:
                return datetime.now(UTC) - timedelta(seconds=float(found[1]) * UNITS[found[2]])
            except OverflowError:
                self.fail(f"{value!r} is too long ago.", param, context)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a time. Write 2h, 30m or 2026-03-02T10:00:00Z.", param, context
            )
        return moment if moment.tzinfo else moment.astimezone()


SINCE = Since()


def content_of(given: str) -> str:
    """Text as it is, of the file after `@`, or of standard input for `-`."""
    if given == "-":
        try:
            return sys.stdin.read()
        except UnicodeDecodeError as error:
            raise click.UsageError(f"Standard input cannot be read: {_why(error)}.") from error
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{given[1:]} cannot be read: {_why(error)}.") from error


def object_in(text: str, what: str = "The data") -> dict[str, Any]:
    """A JSON object."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{what} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f'{what} must be a JSON object, such as {{"name": "Ada"}}.')
    return found


def members_of(pairs: Sequence[str]) -> dict[str, Any]:
    """`a.b=1` as `{"a": {"b": 1}}`. A value that is JSON is taken as such, else as text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{pair!r} is not NAME=VALUE, such as name=Ada.")
        *outer, last = name.split(".")
        inner = found
        for step in outer:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                raise click.UsageError(f"{name!r}: {step!r} already has a value.")
        inner[last] = _value(text)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _why(error: Exception) -> str:
    reason = getattr(error, "strerror", None)
    return str(reason).lower() if reason else "it is not text in UTF-8"
