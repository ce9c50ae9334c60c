"""What all commands share: whose key, which address, how to print."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

import click

from hookline import Call, Hookline
from hookline._answer import Answer

Json = Any


@dataclass
class State:
    """The shared options, and the client that they make."""

    profile: str | None = None
    url: str | None = None
    as_json: bool = False
    quiet: bool = False
    yes: bool = False
    query: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def client(self) -> Hookline:
        """Raises SettingsError without a key."""
        return Hookline(base_url=self.url, profile=self.profile)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        wait: float = 0,
    ) -> Json:
        """The JSON of an answer, None for an empty one. Raises HooklineError."""
        answer = self.answer(method, path, body, query=query, wait=wait)
        return answer.json() if answer.body else None

    def answer(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        wait: float = 0,
    ) -> Answer:
        return self.client.answer(Call(method, path, query or {}, body, wait=wait))

    def pages(self, path: str, most: int, query: Mapping[str, Any] | None = None) -> Iterator[Json]:
        """Up to `most` objects of a list; its next pages are fetched when they are needed."""
        asked: dict[str, Any] = {**(query or {})}
        while most > 0:
            page = self.ask("GET", path, query=asked)
            yield from page["data"][:most]
            most -= len(page["data"])
            if page.get("next_cursor") is None:
                return
            asked = {**asked, "cursor": page["next_cursor"]}

    @property
    def is_live(self) -> bool:
        return self.client.connection.mode == "live"

    def confirm(self, question: str) -> None:
        """Ask, unless `--yes` was given. Without a terminal nobody can answer, so it is refused."""
        if self.yes:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise click.UsageError(f"{question} Add --yes to do it without being asked.")
        click.confirm(question, abort=True, err=True)

    def confirm_live(self, what: str) -> None:
        """Changes in live mode are asked for once; in test mode they are not."""
        if self.is_live:
            self.confirm(f"{what} in live mode?")


def dashboard_of(state: State, who: Json) -> str:
    """Where the pages of an organisation and mode begin: of those that `/whoami` says."""
    return f"{state.client.connection.url}/o/{who['organisation']['id']}/{who['mode']}"


def part(text: str) -> str:
    """One step of a path."""
    return quote(text, safe=":")


pass_state = click.make_pass_decorator(State, ensure=True)
