"""An answer of the API, from status, headers and bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hookline._call import Call
from hookline._model import Kind, Model, Response
from hookline._retry import is_passing, may_repeat, seconds_of
from hookline.errors import HooklineError, UnexpectedAnswer, problem

T = TypeVar("T")
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> float | None:
        return seconds_of(self.headers.get("retry-after"))

    def json(self) -> Any:
        """None for no body. Raises UnexpectedAnswer for one that is not JSON."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise UnexpectedAnswer(self.status, self.body.decode(errors="replace")) from error

    def decoded(self, kind: Kind[T]) -> T:
        found = kind.decode(self.json())
        if isinstance(found, Model):
            object.__setattr__(found, "response", self.said())
        return found

    def said(self) -> Response:
        left = self.headers.get("x-ratelimit-remaining", "")
        return Response(
            status=self.status,
            request_id=self.headers.get("x-request-id"),
            etag=self.headers.get("etag"),
            replayed=self.headers.get("idempotent-replayed") == "true",
            remaining=int(left) if left.isdecimal() else None,
        )

    def error(self) -> HooklineError:
        """Why it is not the answer that was hoped for."""
        if self.headers.get("content-type", "").partition(";")[0].strip() != PROBLEM:
            return UnexpectedAnswer(self.status, self.body.decode(errors="replace"))
        members = self.json()
        if not isinstance(members, dict):
            return UnexpectedAnswer(self.status, self.body.decode(errors="replace"))
        if "request_id" not in members:
            members["request_id"] = self.headers.get("x-request-id")
        return problem(members, self.status, self.retry_after)

    def is_passing(self, call: Call) -> bool:
        error = None if self.ok else self.error()
        repeatable = may_repeat(call.method, call.headers)
        kind = getattr(error, "kind", "")
        return error is not None and is_passing(self.status, kind, repeatable, self.retry_after)
