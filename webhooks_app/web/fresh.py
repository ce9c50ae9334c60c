"""Actions that need a proof of identity within the last 15 minutes.

So someone who finds an open browser, or has a copy of its cookie, cannot make a key or let anyone
in. A form that was sent too late asks for proof first; the typed values travel along, encrypted,
and then the change is made.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import msgspec
from flask import abort, render_template, request, url_for
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response

from webhooks_app.extensions import db
from webhooks_app.lib.crypto import Unreadable
from webhooks_app.parts import parts
from webhooks_app.people import second_factor
from webhooks_app.web import challenges, proofs
from webhooks_app.web.htmx import leave_for, wants_fragment
from webhooks_app.web.security import SAFE_METHODS, visitor

P = ParamSpec("P")
R = TypeVar("R")
HELD = "held"


class _Held(msgspec.Struct, frozen=True):
    """A form, its user, and where it was sent."""

    user_id: str
    path: str
    fields: list[tuple[str, str]]


def fresh_required(view: Callable[P, R]) -> Callable[P, R | Response | tuple[str, int]]:
    """Goes below the guard that checks the role."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response | tuple[str, int]:
        question = _question()
        return view(*args, **kwargs) if question is None else question

    guarded.needs_fresh = True  # type: ignore[attr-defined]
    return guarded


def question_page(held: str = "", fault: str = "", status: int = 200) -> tuple[str, int]:
    """`held` is the form that waits for the proof."""
    factors = second_factor.factors_of(db.session(), current_user)
    page = render_template(
        "confirm_it_is_you/_form.html" if wants_fragment() else "confirm_it_is_you/page.html",
        held=held,
        form=proofs.form_of(factors, fault),
        factors=factors,
        site=challenges.site(),
    )
    return page, status


def _question() -> Response | tuple[str, int] | None:
    """None if the view may continue."""
    if request.method in SAFE_METHODS:
        here = request.full_path.rstrip("?")
        return None if visitor().is_fresh else leave_for(url_for("confirm.show", next=here))
    held = request.form.get(HELD)
    if held is None:
        return None if visitor().is_fresh else question_page(_sealed(), status=422)
    fields = _opened(held)
    if not visitor().is_fresh:
        try:
            proofs.confirm()
        except proofs.NotProven as error:
            return question_page(held, str(error), error.status)
    request.form = ImmutableMultiDict(fields)
    return None


def _sealed() -> str:
    fields = [one for one in request.form.items(multi=True) if one[0] != "csrf_token"]
    held = _Held(current_user.id, request.path, fields)
    return parts().vault.seal(msgspec.json.encode(held).decode())


def _opened(held: str) -> list[tuple[str, str]]:
    """A 400 for anything not encrypted here, for this person and this page."""
    try:
        form = msgspec.json.decode(parts().vault.open(held), type=_Held)
    except (Unreadable, msgspec.DecodeError, msgspec.ValidationError):
        abort(400)
    if (form.user_id, form.path) != (current_user.id, request.path):
        abort(400)
    return form.fields
