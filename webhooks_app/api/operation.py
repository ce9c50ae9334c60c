"""What an endpoint is for, declared beside its view. The OpenAPI document is made from this."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import current_app, request

from webhooks_app.api.answers import PageAnswer

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`answers` are types by status, None for one without a body. `body` and `query` are what the
    view reads. `problems` are kinds (see `problem_kinds`) beyond those that follow from the rest.
    With `knows_repeats` the view itself handles an `Idempotency-Key`; with `acts_again` it takes
    none, and no client repeats it by itself. `shows_once` is the secret
    member of the answer, with dots between names. `volatile` are members of a
    GET's answer that change without an edit, such as counters, written the same way.

    `lines` is the type of a line where the answer can also be lines of JSON.

    `scope`, `live_only` and `limited` come from the view's guards.
    """

    summary: str
    tag: str
    answers: Mapping[int, object]
    description: str = ""
    body: object = None
    body_optional: bool = False
    query: object = None
    lines: object = None
    problems: Sequence[str] = ()
    knows_repeats: bool = False
    acts_again: bool = False
    shows_once: str | None = None
    volatile: Sequence[str] = ()
    location: bool = False
    by_session: bool = False
    public: bool = False
    scope: str | None = None
    live_only: bool = False
    limited: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it answers with a page of rows."""
        answer: type = getattr(self.answers.get(200), "__origin__", object)
        return issubclass(answer, PageAnswer)


def operation(declared: Operation) -> Callable[[View], View]:
    """Declare what a view is for. Goes above the guards, so that it knows them."""

    def mark(view: View) -> View:
        guarded = replace(
            declared,
            scope=getattr(view, "scope", None),
            live_only=getattr(view, "live_only", False),
            limited=getattr(view, "limited", False),
        )
        view.operation = guarded  # type: ignore[attr-defined]
        return view

    return mark


def operation_of(view: Callable[..., object]) -> Operation:
    """The operation of a view. Raises AttributeError for a view that declares none."""
    declared: Operation = view.operation  # type: ignore[attr-defined]
    return declared


def current_operation() -> Operation:
    """The operation of the current request."""
    return operation_of(current_app.view_functions[request.endpoint or ""])
