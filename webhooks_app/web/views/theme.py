"""/theme: light, dark, or as the system has it, kept in a cookie of this browser."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from webhooks_app.parts import parts
from webhooks_app.web.tenancy import login_required

bp = Blueprint("theme", __name__)

THEMES = ("light", "dark")
KEPT_SECONDS = 400 * 86400


def chosen() -> str:
    """The chosen theme; empty for that of the system."""
    name = request.cookies.get(_cookie(), "")
    return name if name in THEMES else ""


@bp.post("/theme")
@login_required
def choose() -> Response:
    response = redirect(url_for("home.show"))
    name = request.form.get("theme", "")
    if name not in THEMES:
        response.delete_cookie(_cookie(), secure=parts().settings.is_https)
        return response
    response.set_cookie(
        _cookie(),
        name,
        max_age=KEPT_SECONDS,
        secure=parts().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _cookie() -> str:
    return parts().settings.cookie_name("theme")
